import type { Delivery } from '../handlers/decorators';
import { correlationIdOf, HEADERS } from '../wire/headers';
import type { PulledMessage } from './pulled-message';

/** One delivered message with what it carries, checked: one payload, or several where reports were bundled. */
export interface Event {
  message: PulledMessage;
  payloads: object[];
  delivery: Delivery;
}

export function deliveryOf(message: PulledMessage): Delivery {
  return {
    messageId: message.headers?.get(HEADERS.messageId) || message.identity,
    correlationId: correlationIdOf(message),
    publishedAt: new Date(message.headers?.get(HEADERS.publishedAt) || message.storedAt),
    attempt: message.deliveries,
  };
}

/**
 * What is handed over together: new events as one batch, with at most `most` payloads where messages are not larger. An
 * event that was delivered before goes alone, so that the one that its handler cannot bear does not take its neighbours
 * along again.
 */
export function inChunks(events: Event[], most: number): Event[][] {
  const chunks: Event[][] = [];
  let fresh: Event[] | undefined;
  let room = 0;
  for (const event of events) {
    room -= event.payloads.length;
    if (event.delivery.attempt > 1) {
      fresh = undefined;
      chunks.push([event]);
    } else if (fresh && room >= 0) fresh.push(event);
    else {
      chunks.push((fresh = [event]));
      room = most - event.payloads.length;
    }
  }
  return chunks;
}
