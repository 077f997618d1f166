import { createHash } from 'node:crypto';
import { AppError } from '@muster/contracts';
import type { PushReply } from './http/reply';

/** Bytes that an entry takes beside the answer: key, digest, and what JavaScript adds. */
const ENTRY_BYTES = 400;

interface Entry {
  fingerprint: string;
  expiresAt: number;
  reply: PushReply | Promise<PushReply>;
  bytes: number;
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
 * repeated request gets the first one's answer and does nothing. Only what was done is kept: a request that was refused
 * can be sent again. When a caller's answers need more memory than they may, the oldest go.
 */
export class Idempotency {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly options: { seconds: number; bytes: number },
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Does the work, or gives the answer that it had before; a repetition waits while the first one runs.
   * @throws AppError `idempotency-key-reused` when the key came with another request before
   */
  async once(
    caller: string,
    key: string,
    content: readonly (string | Buffer)[],
    work: () => PushReply | Promise<PushReply>,
  ): Promise<PushReply> {
    const fingerprint = fingerprintOf(content);
    const kept = this.#of(caller);
    this.#expire(kept);
    const before = kept.entries.get(key);
    if (before) {
      if (before.fingerprint !== fingerprint)
        throw new AppError('idempotency-key-reused', 'This Idempotency-Key came with another request before.');
      const reply = await before.reply;
      return { ...reply, headers: { ...reply.headers, 'idempotency-replayed': 'true' } };
    }
    const running = Promise.resolve().then(work);
    const entry: Entry = {
      fingerprint,
      reply: running,
      bytes: ENTRY_BYTES,
      expiresAt: this.now() + this.options.seconds * 1000,
    };
    kept.entries.set(key, entry);
    kept.bytes += entry.bytes;
    try {
      const reply = await running;
      entry.reply = reply;
      this.#grow(kept, entry, reply.body.length);
      return reply;
    } catch (error) {
      kept.entries.delete(key);
      kept.bytes -= entry.bytes;
      throw error;
    }
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

  #of(caller: string): Kept {
    const known = this.#kept.get(caller) ?? { entries: new Map<string, Entry>(), bytes: 0 };
    this.#kept.set(caller, known);
    return known;
  }

  #expire(kept: Kept): void {
    const now = this.now();
    for (const [key, entry] of kept.entries) {
      if (entry.expiresAt > now) return;
      if (!(entry.reply instanceof Promise)) drop(kept, key, entry);
    }
  }

  #grow(kept: Kept, entry: Entry, bytes: number): void {
    entry.bytes += bytes;
    kept.bytes += bytes;
    for (const [key, oldest] of kept.entries) {
      if (kept.bytes <= this.options.bytes) return;
      if (!(oldest.reply instanceof Promise)) drop(kept, key, oldest);
    }
  }
}

function drop(kept: Kept, key: string, entry: Entry): void {
  kept.entries.delete(key);
  kept.bytes -= entry.bytes;
}

function fingerprintOf(content: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of content) hash.update(part).update('\0');
  return hash.digest('base64');
}
