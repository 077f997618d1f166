import { allEvents, type BusEvent, type ServiceName } from '@muster/contracts';

/**
 * Streams of the hub. EVENTS keeps durable events, PRESENCE what leaf nodes publish on plain NATS, REPLAYS what a
 * person sent back to one service, DEAD_LETTERS what a service could not handle.
 */
export const STREAMS = ['EVENTS', 'PRESENCE', 'REPLAYS', 'DEAD_LETTERS'] as const;
export type StreamName = (typeof STREAMS)[number];

/** Bytes of memory that the hub reserves for PRESENCE. */
export const PRESENCE_BYTES = 32 * 1024 * 1024;

export const DEAD_LETTER_PREFIX = 'dead-letters';
export const REPLAY_PREFIX = 'replays';

/** Where an event that `service` could not handle is kept. */
export const deadLetterSubject = (service: ServiceName, subject: string): string =>
  `${DEAD_LETTER_PREFIX}.${service}.${subject}`;
/** Where a dead letter goes to be handled by `service` once more. */
export const replaySubject = (service: ServiceName, subject: string): string =>
  `${REPLAY_PREFIX}.${service}.${subject}`;

/** The stream that an event is read from; undefined for ephemeral ones. */
export function streamOf(event: BusEvent): 'EVENTS' | 'PRESENCE' | undefined {
  if (event.delivery === 'durable') return 'EVENTS';
  return event.delivery === 'captured' ? 'PRESENCE' : undefined;
}

/** nats-server 2.9 filters a consumer by one subject: so one durable consumer per service and event. */
export const consumerName = (service: ServiceName, subject: string): string =>
  `${service}--${subject.replaceAll('.', '_')}`;

/** The events that a service consumes from a stream. */
export const consumedBy = (service: ServiceName): BusEvent[] =>
  allEvents().filter((event) => event.delivery !== 'ephemeral' && event.consumers.includes(service));

/** Whether a service works on the hub's streams at all. The others need plain NATS only, on a leaf node for instance. */
export const usesStreams = (service: ServiceName): boolean =>
  consumedBy(service).length > 0 ||
  allEvents().some((event) => event.delivery === 'durable' && event.publishers.includes(service));
