import type { Feature } from '../core/feature';
import type { XmppServer } from '../core/server';
import { StreamError } from '../core/stream-error';

export interface CertificateExpiryOptions {
  /** Seconds for which a connection goes on after the certificate of its peer has expired. */
  graceSeconds: number;
  /** Seconds between two looks. */
  everySeconds: number;
}

/**
 * A certificate that was good when a stream began may expire while it lasts, which may be for months. The stream then
 * ends with `reset`: what its security was made from counts no more. The session waits to be resumed, by a peer that
 * has renewed its certificate. (Revocations: `revocation/evictions.ts`.)
 */
export function certificateExpiry({ graceSeconds, everySeconds }: CertificateExpiryOptions): Feature {
  return {
    name: 'certificate-expiry',
    specification: 'RFC 6120 13.7.2.3',
    install(server) {
      let timer: NodeJS.Timeout | undefined;
      const look = (): void => {
        endExpired(server, Date.now() - graceSeconds * 1000);
        if (server.sessions.count > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
      server.events.on('online', () => {
        timer ??= setInterval(look, everySeconds * 1000).unref();
      });
    },
  };
}

function endExpired(server: XmppServer, now: number): void {
  for (const { stream, peer } of [...server.sessions.all()]) {
    if (!stream || (peer.certificate?.expiresAt ?? now) >= now) continue;
    server.events.emit('refused', 'certificate-expired', peer.address);
    stream.guard('ending a stream', () =>
      stream.drop(new StreamError('reset', 'the client certificate has expired: renew it and come back')),
    );
  }
}
