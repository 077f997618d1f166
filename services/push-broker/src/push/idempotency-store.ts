import type { PushReply } from './http/reply';

/** The answer to a request, and what tells that request from another. */
export interface KeptAnswer {
  fingerprint: string;
  reply: PushReply;
}

/** An answer from before the start. `expiresAt`: milliseconds since 1970. */
export interface FoundAnswer {
  caller: string;
  key: string;
  id: number;
  bytes: number;
  expiresAt: number;
}

/** Where answers survive a restart. */
export interface AnswerStore {
  /** Whether it is known what there is from before the start. */
  readonly ready: boolean;
  /** @throws AppError `unavailable` when that does not become known soon */
  untilReady(): Promise<void>;
  /** Tells of each answer from before the start. */
  onFound(listener: (found: FoundAnswer) => void): void;
  /** @returns what names it; undefined when it could not be kept, which the store has told whom it concerns */
  keep(caller: string, key: string, answer: KeptAnswer, expiresAt: Date): Promise<number | undefined>;
  /** Undefined when there is none any more. @throws AppError `unavailable` */
  read(id: number): Promise<KeptAnswer | undefined>;
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
