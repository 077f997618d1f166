import { allEvents, type BusEvent, type ServiceName } from '@muster/contracts';

/**
 * Streams of the hub. EVENTS keeps durable events, PRESENCE what leaf nodes publish on plain NATS, REPLAYS what a
 * person sent back to one service, DEAD_LETTERS what a service could not handle.
 */
export const STREAMS = ['EVENTS', 'PRESENCE', 'REPLAYS', 'DEAD_LETTERS'] as const;
/** Beside these, each service that takes in what devices report has a work queue of its own, and no right to others'. */
export type StreamName = (typeof STREAMS)[number] | `REPORTS_${ServiceName}`;
export const reportStream = (service: ServiceName): StreamName => `REPORTS_${service}`;

/**
 * Streams that one service keeps for itself in the JetStream domain of the server that it is connected to. Their subjects
 * are nobody else's, and do not cross a leaf node's link.
 */
export interface OwnStreamPlace {
  name: string;
  prefix: string;
}
const OWN_STREAMS: Partial<Record<ServiceName, OwnStreamPlace>> = {
  'push-broker': { name: 'OFFLINE', prefix: 'offline' },
};
export const ownStreamOf = (service: ServiceName): OwnStreamPlace | undefined => OWN_STREAMS[service];

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
export function streamOf(event: Pick<BusEvent, 'subject' | 'delivery' | 'consumers'>): StreamName | undefined {
  if (event.delivery === 'durable') return 'EVENTS';
  if (event.delivery === 'captured') return 'PRESENCE';
  if (event.delivery === 'ephemeral') return undefined;
  const [consumer, ...others] = event.consumers;
  // A work queue forgets what was acknowledged once: it cannot serve two.
  if (!consumer || others.length > 0) throw new Error(`${event.subject} is reported: exactly one service consumes it`);
  return reportStream(consumer);
}

/** nats-server 2.9 filters a consumer by one subject: so one durable consumer per service and event. */
export const consumerName = (service: ServiceName, subject: string): string =>
  `${service}--${subject.replaceAll('.', '_')}`;

/** The events that a service consumes from a stream. */
export const consumedBy = (service: ServiceName): BusEvent[] =>
  allEvents().filter((event) => event.delivery !== 'ephemeral' && event.consumers.includes(service));

/** Whether events of this kind are published to a stream, and the publisher waits until they are stored. */
export const isStored = ({ delivery }: Pick<BusEvent, 'delivery'>): boolean =>
  delivery === 'durable' || delivery === 'reported';

/** The streams that a service works on. Some need plain NATS only, on a leaf node for instance, and have none. */
export function streamsOf(service: ServiceName): StreamName[] {
  const published = allEvents().filter((event) => isStored(event) && event.publishers.includes(service));
  const events = [...consumedBy(service), ...published];
  if (events.length === 0) return [];
  const reports = events.filter(({ delivery }) => delivery === 'reported').map((event) => streamOf(event));
  return [...STREAMS, ...new Set(reports.filter((stream) => stream !== undefined))];
}
