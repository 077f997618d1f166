import 'reflect-metadata';
import type { BusEvent, BusRequest } from '@muster/contracts';

/** Where an event comes from, beside its payload: a second argument of `@ConsumesEvent` methods that want it. */
export interface Delivery {
  /** What the publisher named the event by; the same for every delivery of it. */
  messageId: string;
  correlationId: string;
  publishedAt: Date;
  /** 1 at first; more when an earlier handling failed or was interrupted. */
  attempt: number;
}

export interface ConsumeOptions {
  /** Most events handed over at once; 1 when absent. */
  batch?: number;
}

export type HandlerMark =
  | { kind: 'request'; contract: BusRequest }
  | { kind: 'consumer'; contract: BusEvent; batch: number }
  | { kind: 'listener'; contract: BusEvent };

const MARK = Symbol('bus handler');

export const markOf = (method: object): HandlerMark | undefined =>
  Reflect.getMetadata(MARK, method) as HandlerMark | undefined;

type Handler<Args extends unknown[], R> = (
  target: object,
  name: string | symbol,
  // What is written is checked, not what could be assigned: a method may take fewer arguments and give less back.
  descriptor: Pick<TypedPropertyDescriptor<(...args: Args) => R>, 'value'>,
) => void;

function mark<Args extends unknown[], R>(value: HandlerMark): Handler<Args, R> {
  return (_target, _name, descriptor) => {
    if (descriptor.value) Reflect.defineMetadata(MARK, value, descriptor.value);
  };
}

/** Answers a request. The instances of the service share the work; an `AppError` reaches the caller as it was thrown. */
export const HandlesRequest = <Q extends object, R extends object>(
  contract: BusRequest<Q, R>,
): Handler<[Q], Promise<R>> => mark({ kind: 'request', contract: contract as unknown as BusRequest });

/**
 * Consumes a durable, captured or reported event: each one at least once, by one instance of the service. Acknowledged when the
 * promise is fulfilled, so the method commits first. Within a batch, events are in the order of publishing.
 */
export const ConsumesEvent = <T extends object>(
  contract: BusEvent<T>,
  options: ConsumeOptions = {},
): Handler<[T[], Delivery[]], Promise<void>> =>
  mark({ kind: 'consumer', contract: contract as unknown as BusEvent, batch: options.batch ?? 1 });

/** Hears an ephemeral event while connected: every instance of the service, at most once. */
export const ListensTo = <T extends object>(contract: BusEvent<T>): Handler<[T], void | Promise<void>> =>
  mark({ kind: 'listener', contract: contract as unknown as BusEvent });
