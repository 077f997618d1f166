import { Injectable } from '@nestjs/common';
import { RevocationList } from '@muster/service-kit';
import { XmppServer } from '../core/server';
import { StreamError } from '../core/stream-error';

/** Ends the streams and sessions of devices and certificates that were revoked, as soon as the news arrives. */
@Injectable()
export class Evictions {
  private scheduled = false;

  constructor(
    private readonly server: XmppServer,
    private readonly revocations: RevocationList,
  ) {
    revocations.on(({ kind }) => {
      if (kind === 'device' || kind === 'certificate') this.schedule();
    });
  }

  /** News may come in thousands, after a time without NATS: they are dealt with in one pass. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.server.evict(
        new StreamError('not-authorized', 'the device or its certificate was revoked'),
        (account, { certificate }) =>
          this.revocations.isRevoked('device', account.local) ||
          this.revocations.isRevoked('certificate', certificate?.sha256 ?? ''),
      );
    });
  }
}
