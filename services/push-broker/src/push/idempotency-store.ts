import type { PushReply } from './http/reply';

/** What is known of a request with an `Idempotency-Key`. */
export interface KeptRequest {
  /** Tells it from another. */
  fingerprint: string;
  /** What the ids of its stanzas begin with, each time that it is done. */
  seed: string;
  /** Absent while it is being done, and for ever where the broker ended before it was. */
  reply?: PushReply;
}

/** A request from before the start. `expiresAt`: milliseconds since 1970. */
export interface FoundRequest {
  caller: string;
  key: string;
  id: number;
  bytes: number;
  expiresAt: number;
}

/** Where requests and their answers survive a restart. */
export interface AnswerStore {
  /** Whether it is known what there is from before the start. */
  readonly ready: boolean;
  /** @throws AppError `unavailable` when that does not become known soon */
  untilReady(): Promise<void>;
  /** Tells of each request from before the start, oldest first; of two with one key the second one is right. */
  onFound(listener: (found: FoundRequest) => void): void;
  /** @returns what names it; undefined when it could not be kept, which the store has told whom it concerns */
  keep(caller: string, key: string, request: KeptRequest, expiresAt: Date): Promise<number | undefined>;
  /** Undefined when there is none any more. @throws AppError `unavailable` */
  read(id: number): Promise<KeptRequest | undefined>;
  remove(id: number): void;
}

/** Answers end with the process. */
export const NO_STORE: AnswerStore = {
  ready: true,
  untilReady: async () => undefined,
  onFound: () => undefined,
  keep: async () => undefined,
  read: async () => undefined,
  remove: () => undefined,
};
