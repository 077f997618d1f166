import type { TLSSocket } from 'node:tls';
import type { Peer, PeerTls } from '../peer';

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
    return this.version === 'TLSv1.3';
  }

  exporter(label: string, length: number, context = EMPTY): Buffer {
    return this.socket.exportKeyingMaterial(length, label, context);
  }
}
