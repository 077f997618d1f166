import type { Class } from '../schema/registry';
import type { ServiceName } from './services';

/**
 * A past fact. `durable` events are kept on the hub's EVENTS stream and acknowledged by each consuming service;
 * `captured` ones are published on plain NATS (a leaf node may do so) and captured by the hub's PRESENCE stream;
 * `ephemeral` ones reach whoever listens now, every instance of it. `reported` ones are what devices sent in: many, each
 * consumed by the one service that took it in, from a work queue of its own (`REPORTS_<service>`) that refuses when it is
 * full; repetitions are told apart by the consumer (`Receipts`), not by JetStream.
 */
export interface BusEvent<T extends object = object> {
  kind: 'event';
  subject: string;
  delivery: 'durable' | 'captured' | 'ephemeral' | 'reported';
  payload: Class<T>;
  publishers: readonly ServiceName[];
  consumers: readonly ServiceName[];
}

/** A verb that one service answers. */
export interface BusRequest<Q extends object = object, R extends object = object> {
  kind: 'request';
  subject: string;
  request: Class<Q>;
  reply: Class<R>;
  server: ServiceName;
  callers: readonly ServiceName[];
  /** Milliseconds a caller waits. */
  timeoutMs: number;
}

const events: BusEvent[] = [];
const requests: BusRequest[] = [];

export function defineEvent<T extends object>(event: Omit<BusEvent<T>, 'kind'>): BusEvent<T> {
  const defined = { kind: 'event' as const, ...event };
  events.push(defined as unknown as BusEvent);
  return defined;
}

export function defineRequest<Q extends object, R extends object>(
  request: Omit<BusRequest<Q, R>, 'kind' | 'timeoutMs'> & { timeoutMs?: number },
): BusRequest<Q, R> {
  const defined = { kind: 'request' as const, timeoutMs: 5000, ...request };
  requests.push(defined as unknown as BusRequest);
  return defined;
}

export const allEvents = (): readonly BusEvent[] => events;
export const allRequests = (): readonly BusRequest[] => requests;

export type EventPayload<C> = C extends BusEvent<infer T> ? T : never;
export type RequestPayload<C> = C extends BusRequest<infer Q, infer _R> ? Q : never;
export type RequestReply<C> = C extends BusRequest<infer _Q, infer R> ? R : never;
