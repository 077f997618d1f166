import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus, ListensTo } from '@muster/bus';
import {
  identityRevoked,
  listRevocations,
  type Revocation,
  type RevocationHeartbeat,
  revocationHeartbeat,
} from '@muster/contracts';
import { Log } from '../log/log';
import { RevocationList } from './revocation-list';

const PAGE = 1000;
/** Until the list was complete once, nobody gets in and the service is not ready: ask often. Milliseconds, both. */
const FIRST_RETRY_AFTER = 200;
const RETRY_AFTER = 1000;

/** Hears revocations as they happen. */
@Injectable()
export class RevocationListener {
  constructor(private readonly list: RevocationList) {}

  @ListensTo(identityRevoked)
  revoked(revocation: Revocation): void {
    // A number too far ahead is a gap: the heartbeat finds it, since `sequence` then stays behind.
    const gap = revocation.sequence > this.list.sequence + 1;
    const before = this.list.sequence;
    this.list.apply(revocation);
    if (gap) this.list.sequence = before;
  }
}

/** Keeps the list complete: each second's heartbeat says whether something was missed, and then it is fetched. */
@Injectable()
export class RevocationFeed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private fetching?: Promise<void>;
  private retry?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly list: RevocationList,
    private readonly bus: Bus,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.bus.onReconnect(() => this.catchUp());
    this.catchUp();
  }

  beforeApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  @ListensTo(revocationHeartbeat)
  heartbeat(beat: RevocationHeartbeat): void {
    if (beat.sequence === this.list.sequence && this.list.fresh) this.list.confirm();
    else this.catchUp();
  }

  private catchUp(): void {
    if (this.stopped) return;
    this.fetching ??= this.fetch()
      .catch((error: unknown) => {
        this.log.debug({ err: error }, 'Revocations could not be fetched yet.');
        // Without any heartbeat nobody else would ask again.
        const wait = this.list.known ? RETRY_AFTER : FIRST_RETRY_AFTER;
        if (!this.stopped) this.retry = setTimeout(() => this.catchUp(), wait);
      })
      .finally(() => (this.fetching = undefined));
  }

  private async fetch(): Promise<void> {
    clearTimeout(this.retry);
    for (;;) {
      const { revocations, sequence } = await this.bus.request(listRevocations, { after: this.list.sequence });
      if (sequence < this.list.sequence) {
        // The key manager's numbers went back, as from a restored backup: what is known counts for nothing.
        this.list.reset();
        continue;
      }
      for (const revocation of revocations) this.list.apply(revocation);
      if (revocations.length < PAGE) {
        this.list.sequence = Math.max(this.list.sequence, sequence);
        return this.list.confirm();
      }
    }
  }
}
