import { Injectable } from '@nestjs/common';
import type { Revocation } from '@muster/contracts';

type Kind = Revocation['kind'];

/** People and tools are refused this long after the last sign of life of the key manager, in milliseconds. */
const STALE_AFTER = 5 * 60_000;
/** Sessions, tokens and rights are remembered as long as a principal may be cached: later the key manager knows. */
const REMEMBER = 5 * 60_000;

/** Whose credentials are not good any more. Kept current by `RevocationFeed`; asked by guards and open connections. */
@Injectable()
export class RevocationList {
  private readonly lasting = new Set<string>();
  private readonly passing = new Map<string, number>();
  private readonly listeners: Array<(revocation: Revocation) => void> = [];
  private heardAt = Number.NEGATIVE_INFINITY;
  private authoritative = false;
  private completedOnce = false;
  /** Number of the newest revocation applied. */
  sequence = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** True for what may not be used any more. A `user` entry says that rights changed, which revokes nothing by itself. */
  isRevoked(kind: Exclude<Kind, 'user'>, id: string): boolean {
    const key = keyOf(kind, id);
    return this.lasting.has(key) || this.passing.has(key);
  }

  /** Whether the list is complete and not older than five minutes. */
  get fresh(): boolean {
    return this.authoritative || this.now() - this.heardAt < STALE_AFTER;
  }

  /** Whether the list was complete at any time. Later gaps and silence make it stale, and the service stays up. */
  get known(): boolean {
    return this.authoritative || this.completedOnce;
  }

  /** Calls the listener with each revocation as it arrives: close what it names. */
  on(listener: (revocation: Revocation) => void): void {
    this.listeners.push(listener);
  }

  /** The service decides about credentials itself (the key manager): its list is never stale. */
  declareAuthoritative(): void {
    this.authoritative = true;
  }

  /** Nothing up to `sequence` is missing now. */
  confirm(): void {
    this.heardAt = this.now();
    this.completedOnce = true;
    for (const [key, at] of this.passing) if (this.now() - at > REMEMBER) this.passing.delete(key);
  }

  apply(revocation: Revocation): void {
    this.sequence = Math.max(this.sequence, revocation.sequence);
    const key = keyOf(revocation.kind, revocation.id);
    if (revocation.kind === 'device' || revocation.kind === 'certificate') this.lasting.add(key);
    else if (revocation.kind !== 'user') this.passing.set(key, this.now());
    for (const listener of this.listeners) listener(revocation);
  }

  /** The key manager's numbers went back (a restored backup): begin anew. */
  reset(): void {
    this.sequence = 0;
    this.lasting.clear();
    this.passing.clear();
    this.heardAt = Number.NEGATIVE_INFINITY;
  }
}

const keyOf = (kind: Kind, id: string): string => `${kind}:${id.toLowerCase()}`;
