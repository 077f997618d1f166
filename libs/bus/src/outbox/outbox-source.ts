/** Token of the service's `OutboxSource`. A global module provides it; without one there is no relay. */
export const OUTBOX_SOURCE = Symbol('OUTBOX_SOURCE');

export interface OutboxRow {
  /** Unique for ever: travels as `Nats-Msg-Id`, by which JetStream drops repetitions. */
  id: string;
  /** Subject of an event contract that this service publishes. */
  subject: string;
  /** The payload as JSON value, already shaped by its contract. */
  payload: unknown;
  correlationId?: string;
}

/** Where a service keeps events that belong to committed transactions until they are published. */
export interface OutboxSource {
  /** The oldest rows that are not settled, in the order in which they were added. Unsettled rows come again. */
  claim(limit: number): Promise<OutboxRow[]>;
  /** JetStream has these. */
  settle(ids: readonly string[]): Promise<void>;
  /** Tells the relay, after the commit, that there is something to claim; it looks by itself now and then as well. */
  onAdded?(wake: () => void): void;
}
