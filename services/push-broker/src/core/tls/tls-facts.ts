import type { TLSSocket } from 'node:tls';
import type { Peer, PeerTls } from '../peer';
import { context, INTEGER, readDer } from './der';

const EMPTY = Buffer.alloc(0);

/** What the rest of the server may know about a TLS connection whose handshake is done. */
export function tlsOf(socket: TLSSocket): Pick<Peer, 'tls' | 'sni'> {
  // Node.js has the name sent by the client as a property of the server's socket; false stands for none.
  const { servername } = socket as TLSSocket & { servername?: string | false };
  return { tls: new TlsFacts(socket), ...(servername ? { sni: servername } : {}) };
}

class TlsFacts implements PeerTls {
  readonly version: PeerTls['version'];
  readonly resumed: boolean;

  constructor(private readonly socket: TLSSocket) {
    this.version = socket.getProtocol() === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2';
    this.resumed = socket.isSessionReused();
  }

  get bindable(): boolean {
    return this.version === 'TLSv1.3' || hasExtendedMasterSecret(this.socket.getSession());
  }

  exporter(label: string, length: number, context = EMPTY): Buffer {
    return this.socket.exportKeyingMaterial(length, label, context);
  }
}

/** Flags of OpenSSL's SSL_SESSION in its DER form, and the one for the extended master secret (RFC 7627). */
const SESSION_FLAGS = context(13);
const EXTENDED_MASTER_SECRET = 0x1;

/** Node.js does not say whether it was negotiated under TLS 1.2; the session, as OpenSSL writes it down, does. */
function hasExtendedMasterSecret(session: Buffer | undefined): boolean {
  try {
    const [sequence] = readDer(session ?? EMPTY);
    const flags = sequence && readDer(sequence.content).find(({ tag }) => tag === SESSION_FLAGS);
    const [value] = flags ? readDer(flags.content) : [];
    return value?.tag === INTEGER && ((value.content.at(-1) ?? 0) & EXTENDED_MASTER_SECRET) !== 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
