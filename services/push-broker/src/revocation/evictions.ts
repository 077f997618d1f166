import { Injectable } from '@nestjs/common';
import { RevocationList } from '@muster/service-kit';
import { XmppServer } from '../core/server';
import { StreamError } from '../core/stream-error';
import type { Revocations } from '../features/sasl-external';

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
      evictRevoked(this.server, this.revocations);
    });
  }
}

/**
 * A device that was revoked has no account any more. One whose certificate was revoked may come back with another
 * (`reset`: RFC 6120, sections 4.9.3.16 and 13.7.2.3). Neither session can be resumed.
 */
export function evictRevoked(server: XmppServer, revocations: Revocations): void {
  server.evict(new StreamError('not-authorized', 'the device was revoked'), ({ local }) =>
    revocations.isRevoked('device', local),
  );
  server.evict(
    new StreamError('reset', 'the client certificate was revoked'),
    (_account, { certificate }) =>
      certificate !== undefined && revocations.isRevoked('certificate', certificate.sha256),
  );
}
