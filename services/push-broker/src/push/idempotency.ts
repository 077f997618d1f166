import { createHash } from 'node:crypto';
import { AppError } from '@muster/contracts';
import type { PushReply } from './http/reply';
import { type AnswerStore, type KeptAnswer, NO_STORE } from './idempotency-store';

/** Bytes that an entry takes beside the answer: key, digest, and what JavaScript adds. */
const ENTRY_BYTES = 400;

interface Entry {
  /** Of the request; undefined while it is known to the store alone. */
  fingerprint?: string;
  expiresAt: number;
  answer: KeptAnswer | Promise<KeptAnswer> | 'stored';
  bytes: number;
  /** Names it in the store, where it is kept there too. */
  id?: number | undefined;
}
interface Kept {
  entries: Map<string, Entry>;
  bytes: number;
}

/** A string of RFC 8941, or without its quotes, as most callers send it. */
const KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

/** The key in an `Idempotency-Key` header. @throws AppError when it is none */
export function idempotencyKey(header: string): string {
  const [, quoted, bare] = KEY.exec(header) ?? [];
  const key = quoted ?? bare;
  if (key === undefined)
    throw new AppError('invalid-input', 'Idempotency-Key takes 1 to 255 printable ASCII characters.');
  return key;
}

/**
 * Answers to requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), by caller, so that a
 * repeated request gets the first one's answer and does nothing, also after a restart. Only what was done is kept: a
 * request that was refused can be sent again. When a caller's answers need more memory than they may, the oldest go.
 */
export class Idempotency {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly options: { seconds: number; bytes: number },
    private readonly now: () => number = Date.now,
    private readonly store: AnswerStore = NO_STORE,
  ) {
    store.onFound(({ caller, key, ...found }) => this.#restore(caller, key, found));
  }

  /**
   * Does the work, or gives the answer that it had before; a repetition waits while the first one runs.
   * @throws AppError `idempotency-key-reused` when the key came with another request before, `unavailable` while it is
   * not known what was done before a restart
   */
  async once(
    caller: string,
    key: string,
    content: readonly (string | Buffer)[],
    work: () => PushReply | Promise<PushReply>,
  ): Promise<PushReply> {
    if (!this.store.ready) await this.store.untilReady();
    const fingerprint = fingerprintOf(content);
    const kept = this.#of(caller);
    this.#expire(kept);
    const digest = digestOf(key);
    const before = kept.entries.get(digest);
    if (before?.fingerprint !== undefined) requireSame(before.fingerprint, fingerprint);
    const known = before && (await this.#answerOf(before));
    if (known) return replayed(known, fingerprint);
    // Its record had gone by itself. What came while that was being found out counts.
    if (before && kept.entries.get(digest) !== before) return this.once(caller, key, content, work);
    if (before) this.#drop(kept, digest, before);
    return this.#do(caller, digest, fingerprint, work);
  }

  /** Answers kept, and requests that run. */
  get size(): number {
    return [...this.#kept.values()].reduce((sum, { entries }) => sum + entries.size, 0);
  }

  /** Drops what is too old, also of callers who do not come any more. */
  sweep(): void {
    for (const [caller, kept] of this.#kept) {
      this.#expire(kept);
      if (kept.entries.size === 0) this.#kept.delete(caller);
    }
  }

  async #do(
    caller: string,
    digest: string,
    fingerprint: string,
    work: () => PushReply | Promise<PushReply>,
  ): Promise<PushReply> {
    const kept = this.#of(caller);
    const running = Promise.resolve()
      .then(work)
      .then((reply) => ({ fingerprint, reply }));
    const expiresAt = this.now() + this.options.seconds * 1000;
    const entry: Entry = { fingerprint, answer: running, bytes: ENTRY_BYTES, expiresAt };
    kept.entries.set(digest, entry);
    kept.bytes += entry.bytes;
    try {
      const answer = await running;
      // Before the caller knows: whoever does not get this answer asks again.
      entry.id = await this.store.keep(caller, digest, answer, new Date(expiresAt));
      entry.answer = answer;
      this.#grow(kept, entry, answer.reply.body.length);
      return answer.reply;
    } catch (error) {
      kept.entries.delete(digest);
      kept.bytes -= entry.bytes;
      throw error;
    }
  }

  /** Undefined when it is not kept any more. @throws AppError `unavailable` when that cannot be found out */
  async #answerOf({ answer, id }: Entry): Promise<KeptAnswer | undefined> {
    if (answer !== 'stored') return answer;
    return id === undefined ? undefined : this.store.read(id);
  }

  #restore(
    caller: string,
    key: string,
    { id, bytes, expiresAt }: { id: number; bytes: number; expiresAt: number },
  ): void {
    const kept = this.#of(caller);
    // What was done here since the start, or is being done, is newer.
    if (kept.entries.has(key)) return this.store.remove(id);
    const entry: Entry = { answer: 'stored', id, expiresAt, bytes: ENTRY_BYTES };
    kept.entries.set(key, entry);
    kept.bytes += entry.bytes;
    this.#grow(kept, entry, bytes);
  }

  #of(caller: string): Kept {
    const known = this.#kept.get(caller) ?? { entries: new Map<string, Entry>(), bytes: 0 };
    this.#kept.set(caller, known);
    return known;
  }

  #expire(kept: Kept): void {
    const now = this.now();
    for (const [key, entry] of kept.entries) {
      if (entry.expiresAt > now) return;
      if (!(entry.answer instanceof Promise)) this.#drop(kept, key, entry);
    }
  }

  #grow(kept: Kept, entry: Entry, bytes: number): void {
    entry.bytes += bytes;
    kept.bytes += bytes;
    for (const [key, oldest] of kept.entries) {
      if (kept.bytes <= this.options.bytes) return;
      if (!(oldest.answer instanceof Promise)) this.#drop(kept, key, oldest);
    }
  }

  #drop(kept: Kept, key: string, entry: Entry): void {
    kept.entries.delete(key);
    kept.bytes -= entry.bytes;
    if (entry.id !== undefined) this.store.remove(entry.id);
  }
}

function requireSame(before: string, fingerprint: string): void {
  if (before !== fingerprint)
    throw new AppError('idempotency-key-reused', 'This Idempotency-Key came with another request before.');
}

function replayed({ fingerprint: before, reply }: KeptAnswer, fingerprint: string): PushReply {
  requireSame(before, fingerprint);
  return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } };
}

const digestOf = (key: string): string => createHash('sha256').update(key).digest('base64url');

function fingerprintOf(content: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of content) hash.update(part).update('\0');
  return hash.digest('base64');
}
