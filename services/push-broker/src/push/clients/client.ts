import { AppError, List, oneOf, Text, text, Whole } from '@muster/contracts';
import type { Jid } from '../../core/jid';
import type { ClientLimits } from '../push-options';
import { Rate } from './rate';
import { Reach } from './reach';

export const PUSH_SCOPES = ['message', 'stanza'] as const;
export type PushScope = (typeof PUSH_SCOPES)[number];

/** Among the senders of a key: every address of the domain. */
export const ANY_SENDER = '*';
const MOST_PER_SECOND = 1_000_000;

/** One entry of the file of keys. */
export class ClientEntry {
  @Text({ min: 1, max: 64, pattern: /^[a-z0-9][a-z0-9._-]*$/ }) name: string;
  @Text({ min: 64, max: 64, pattern: /^[0-9a-f]+$/, optional: true, about: 'SHA-256 of the key, lower-case hex.' })
  sha256?: string;
  @Text({ min: 1, max: 253, optional: true, about: 'DNS name in a client certificate that stands for the key.' })
  certificate?: string;
  @List(text({ min: 1, max: 1023 }), { min: 1, max: 10_000, about: '`*`, accounts, `beginning*`, `group:name`.' })
  targets: string[];
  @List(oneOf(PUSH_SCOPES), { min: 1, max: 2, optional: true }) scopes?: PushScope[];
  @List(text({ min: 1, max: 3071 }), {
    min: 1,
    max: 100,
    optional: true,
    about:
      'Accounts that it sends as, the usual one first, or the domain, or `*`; the account of its name when absent.',
  })
  from?: string[];
  @Whole({ min: 1, max: MOST_PER_SECOND, optional: true }) requestsPerSecond?: number;
  @Whole({ min: 1, max: MOST_PER_SECOND, optional: true }) targetsPerSecond?: number;
  @Whole({ min: 1024, max: 64 * 1024 * 1024, optional: true }) bodyBytes?: number;
  @Whole({ min: 1, max: 100_000, optional: true }) targetsPerRequest?: number;
}

/** Somebody who pushes: a key or certificate, and what may be done with it. */
export class Client {
  readonly reach: Reach;
  readonly limits: ClientLimits;
  /** False once the file of keys has it no more, or otherwise. */
  current = true;
  readonly #scopes: ReadonlySet<PushScope>;
  readonly #requests: Rate;
  readonly #targets: Rate;

  constructor(
    readonly entry: ClientEntry,
    /** Addresses that it sends as, without resources; the usual one first. */
    private readonly senders: readonly Jid[],
    usual: ClientLimits,
  ) {
    this.reach = new Reach(entry.targets);
    this.limits = {
      requestsPerSecond: entry.requestsPerSecond ?? usual.requestsPerSecond,
      targetsPerSecond: entry.targetsPerSecond ?? usual.targetsPerSecond,
      bodyBytes: entry.bodyBytes ?? usual.bodyBytes,
      targets: entry.targetsPerRequest ?? usual.targets,
    };
    this.#scopes = new Set(entry.scopes ?? PUSH_SCOPES);
    this.#requests = new Rate(this.limits.requestsPerSecond);
    this.#targets = new Rate(this.limits.targetsPerSecond);
  }

  get name(): string {
    return this.entry.name;
  }

  get usualSender(): Jid | undefined {
    return this.senders[0];
  }

  maySendAs(sender: Jid): boolean {
    if (this.senders.some(({ bare }) => bare === sender.bare)) return true;
    return this.senders[0]?.domain === sender.domain && (this.entry.from?.includes(ANY_SENDER) ?? false);
  }

  /** @throws AppError when the key was not given for this */
  requireScope(scope: PushScope): void {
    if (!this.#scopes.has(scope)) throw new AppError('permission-denied', `This key is not for sending a ${scope}.`);
  }

  /** @throws AppError when it asks more often than it may */
  takeRequest(): void {
    tooMany(this.#requests.take(1), 'requests');
  }

  /** @throws AppError when these are too many in one request or a second */
  takeTargets(count: number): void {
    if (count > this.limits.targets)
      throw new AppError('invalid-input', `A request of this key may have ${this.limits.targets} targets.`);
    tooMany(this.#targets.take(count), 'targets');
  }
}

function tooMany(retryAfterSeconds: number, what: string): void {
  if (retryAfterSeconds > 0)
    throw new AppError('too-many-requests', `Too many ${what} in a short time. Slow down.`, { retryAfterSeconds });
}
