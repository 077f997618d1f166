import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';

/** An address of this machine that others could reach, too; entries are never forwarded to loopback. */
export const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

/** A log server that takes messages in frames of RFC 5425, with a certificate of its own making. */
export class SyslogServer {
  /** As they came, without their frames. */
  readonly messages: string[] = [];
  readonly faults: string[] = [];

  private constructor(
    readonly host: string,
    readonly certificate: string,
    private readonly server: Server,
  ) {}

  static async start(host: string): Promise<SyslogServer> {
    const { key, cert } = certificateFor(host);
    const server = createServer({ key, cert, allowHalfOpen: true });
    const own = new SyslogServer(host, cert, server);
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket) => {
      let rest: Buffer = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (rest = own.take(Buffer.concat([rest, chunk]))));
      socket.on('end', () => {
        if (rest.length > 0) own.faults.push(`ended within a frame of ${rest.length} bytes`);
        socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return own;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }

  /** SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG, MSG-LEN in octets (section 4.3). @returns what no frame has ended in */
  private take(bytes: Buffer): Buffer {
    for (;;) {
      const space = bytes.indexOf(' ');
      if (space < 0) return bytes;
      const length = bytes.toString('latin1', 0, space);
      if (!/^[1-9]\d*$/.test(length)) this.faults.push(`no length: ${length.slice(0, 20)}`);
      const end = space + 1 + Number(length);
      if (!(bytes.length >= end)) return bytes;
      this.messages.push(bytes.toString('utf8', space + 1, end));
      bytes = bytes.subarray(end);
    }
  }
}

function certificateFor(address: string): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'muster-syslog-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const names = ['-subj', '/CN=log server of a test', '-addext', `subjectAltName=IP:${address}`];
  try {
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...names, '-keyout', key, '-out', cert], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
