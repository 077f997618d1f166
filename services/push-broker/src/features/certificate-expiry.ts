import type { Feature } from '../core/feature';
import { goRound } from '../core/rounds';
import type { XmppServer } from '../core/server';
import type { Session } from '../core/session';
import { StreamError } from '../core/stream-error';

export interface CertificateExpiryOptions {
  /** Seconds for which a connection goes on after the certificate of its peer has expired. */
  graceSeconds: number;
  /** Seconds between two looks at the same connection. */
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
      goRound(server, everySeconds * 1000, (session) =>
        endIfExpired(server, session, Date.now() - graceSeconds * 1000),
      );
    },
  };
}

function endIfExpired(server: XmppServer, { stream, peer }: Session, now: number): void {
  if (!stream || (peer.certificate?.expiresAt ?? now) >= now) return;
  server.events.emit('refused', 'certificate-expired', peer.address);
  stream.guard('ending a stream', () =>
    stream.drop(new StreamError('reset', 'the client certificate has expired: renew it and come back')),
  );
}
