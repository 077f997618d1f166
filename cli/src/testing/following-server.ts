import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll } from 'vitest';

const LOOK_MS = 50;

/** Files that a server secures its connections with. */
export interface FollowedFiles {
  certificate: string;
  key: string;
  /** Folder with the roots of its clients; it asks for no certificate without one. */
  roots?: string;
}

/** A TLS server that takes up its files as edge and broker do: when they change and fit, for new connections alone. */
export class FollowingServer {
  private timer?: NodeJS.Timeout;
  private used = '';

  private constructor(
    private readonly files: FollowedFiles,
    private readonly tls: Server,
    private readonly host: string,
  ) {}

  /** @param follow it looks at its files again; else it keeps what it has */
  static async start(
    files: FollowedFiles,
    { follow = true, host = '127.0.0.1', port = 0 } = {},
  ): Promise<FollowingServer> {
    const tls = createServer({ rejectUnauthorized: false, requestCert: files.roots !== undefined });
    tls.on('secureConnection', (socket) =>
      socket.on('error', () => undefined).on('data', (data) => socket.write(data)),
    );
    tls.on('tlsClientError', () => undefined);
    const server = new FollowingServer(files, tls, host);
    server.look();
    await once(tls.listen(port, host), 'listening');
    if (follow) server.timer = setInterval(() => server.look(), LOOK_MS);
    afterAll(() => server.stop());
    return server;
  }

  get port(): number {
    return (this.tls.address() as AddressInfo).port;
  }

  stop(): void {
    clearInterval(this.timer);
    this.tls.close();
  }

  /** A connection that stays; whoever holds it hears what it says. */
  async connection(): Promise<TLSSocket> {
    const socket = connect({ host: this.host, port: this.port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return socket.on('error', () => undefined);
  }

  private look(): void {
    const { certificate, key, roots } = this.files;
    const files = roots && existsSync(roots) ? readdirSync(roots).filter((name) => name.endsWith('.crt')) : [];
    try {
      const read = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
      const ca = files.map((name) => readFileSync(join(roots ?? '', name), 'utf8'));
      const state = JSON.stringify({ ...read, ca });
      if (state === this.used) return;
      this.tls.setSecureContext({ ...read, ...(roots ? { ca } : {}) });
      this.used = state;
    } catch {
      // A pair that does not fit, or half of it: it goes on with what it has.
    }
  }
}
