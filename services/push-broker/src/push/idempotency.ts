import { createHash } from 'node:crypto';
import { AppError } from '@muster/contracts';
import { randomText } from '../core/random-text';
import type { PushReply } from './http/reply';
import { type AnswerStore, type FoundRequest, type KeptRequest, NO_STORE } from './idempotency-store';
import { type Entry, KeptRequests } from './kept-requests';

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

interface Answered extends KeptRequest {
  reply: PushReply;
}

/** Does what a request asks for. `seed`: see `KeptRequest`. */
export type Work = (seed: string) => PushReply | Promise<PushReply>;

/**
 * Answers to requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), by caller, so that a
 * repeated request gets the first one's answer and does nothing, also after a restart. Only what was done is kept: a
 * request that was refused can be sent again.
 *
 * That a request is being done is kept before anything is sent. Where the broker ended before the answer was kept, a
 * repetition does it again with the same seed: stanzas have the ids that they had, and those that wait are not doubled.
 */
export class Idempotency {
  readonly #kept: KeptRequests;

  constructor(
    private readonly options: { seconds: number; bytes: number },
    private readonly now: () => number = Date.now,
    private readonly store: AnswerStore = NO_STORE,
  ) {
    this.#kept = new KeptRequests(options.bytes, now, (id) => store.remove(id));
    store.onFound((found) => this.#restore(found));
  }

  /**
   * Does the work, or gives the answer that it had before; a repetition waits while the first one runs.
   * @throws AppError `idempotency-key-reused` when the key came with another request before, `unavailable` while it is
   * not known what was done before a restart
   */
  async once(caller: string, key: string, content: readonly (string | Buffer)[], work: Work): Promise<PushReply> {
    if (!this.store.ready) await this.store.untilReady();
    const fingerprint = fingerprintOf(content);
    const digest = digestOf(key);
    const before = this.#kept.find(caller, digest);
    if (before?.fingerprint !== undefined) requireSame(before.fingerprint, fingerprint);
    const known = before && (await this.#knownOf(before));
    if (known) requireSame(known.fingerprint, fingerprint);
    if (known?.reply) return replayed(known.reply);
    // What came while that was being found out counts.
    if (before && this.#kept.find(caller, digest) !== before) return this.once(caller, key, content, work);
    // A request that was begun and did not get to its end is the same one still, in the store as well.
    if (known) return this.#do(caller, digest, known, before?.id, work);
    return this.#do(caller, digest, { fingerprint, seed: randomText(9) }, undefined, work);
  }

  /** Answers kept, and requests that run. */
  get size(): number {
    return this.#kept.size;
  }

  /** Drops what is too old, also of callers who do not come any more. */
  sweep(): void {
    this.#kept.sweep();
  }

  async #do(
    caller: string,
    key: string,
    request: KeptRequest,
    begun: number | undefined,
    work: Work,
  ): Promise<PushReply> {
    const expiresAt = this.now() + this.options.seconds * 1000;
    const keep = (kept: KeptRequest): Promise<number | undefined> =>
      this.store.keep(caller, key, kept, new Date(expiresAt));
    const entry: Entry = { fingerprint: request.fingerprint, expiresAt, known: 'stored', id: begun };
    const run = async (): Promise<Answered> => {
      entry.id ??= await keep(request);
      return { ...request, reply: await work(request.seed) };
    };
    this.#kept.add(caller, key, entry);
    const running = run();
    entry.known = running;
    try {
      const done = await running;
      // Before the caller knows: whoever does not get this answer asks again.
      const id = await keep(done);
      if (id !== undefined && entry.id !== undefined) this.store.remove(entry.id);
      entry.id = id ?? entry.id;
      entry.known = done;
      this.#kept.grow(caller, key, done.reply.body.length);
      return done.reply;
    } catch (error) {
      this.#kept.remove(caller, key);
      throw error;
    }
  }

  /** Undefined when it is not kept any more. @throws AppError `unavailable` when that cannot be found out */
  async #knownOf({ known, id }: Entry): Promise<KeptRequest | undefined> {
    if (known !== 'stored') return known;
    return id === undefined ? undefined : this.store.read(id);
  }

  #restore({ caller, key, id, bytes, expiresAt }: FoundRequest): void {
    const known = this.#kept.find(caller, key)?.known;
    // What was done here since the start, or is being done, is newer.
    if (known !== undefined && known !== 'stored') return this.store.remove(id);
    this.#kept.add(caller, key, { known: 'stored', id, expiresAt });
    this.#kept.grow(caller, key, bytes);
  }
}

function requireSame(before: string, fingerprint: string): void {
  if (before !== fingerprint)
    throw new AppError('idempotency-key-reused', 'This Idempotency-Key came with another request before.');
}

const replayed = (reply: PushReply): PushReply => ({
  ...reply,
  headers: { ...reply.headers, 'idempotency-replayed': 'true' },
});

const digestOf = (key: string): string => createHash('sha256').update(key).digest('base64url');

function fingerprintOf(content: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of content) hash.update(part).update('\0');
  return hash.digest('base64');
}
