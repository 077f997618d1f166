import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { Endpoint } from '@muster/contracts';
import type { ClientCredential } from '../identity/identity';
import type { ServerClock } from '../state/clock';
import { reason } from '../state/log';
import { anchorOf } from '../trust/certificates';

/** What is needed to reach a server; an `Endpoint` is one. */
export type Target = Pick<Endpoint, 'hostName' | 'addresses' | 'port' | 'pins'>;

export interface DialOptions {
  /** Shown where the server asks for a client certificate. */
  credential?: ClientCredential;
  /** Application protocol to agree on (RFC 7301); refused when the server chooses none of it. */
  alpn?: string;
}

/** The roots to believe now. */
export interface Anchors {
  readonly anchors: readonly X509Certificate[];
  readonly anchorsPem: string[];
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const DATE_FAULTS = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/**
 * The one place that opens connections: directly today, by proxy or gateway when there is one. Tries targets and their
 * addresses in order, always with the host name as SNI, so that no DNS is needed.
 */
export class Dialler {
  constructor(
    private readonly trust: Anchors,
    private readonly clock: ServerClock,
    private readonly timeoutMs = 10_000,
  ) {}

  /** @throws Error that tells every address tried and why it failed */
  async dial(targets: readonly Target[], options: DialOptions = {}): Promise<TLSSocket> {
    const failures: string[] = [];
    for (const target of targets) {
      for (const address of target.addresses.length > 0 ? target.addresses : [target.hostName]) {
        try {
          return await this.open(target, address, options);
        } catch (error) {
          failures.push(`${target.hostName} at ${address} port ${target.port}: ${reason(error)}`);
        }
      }
    }
    throw new Error(failures.length > 0 ? failures.join('; ') : 'the endpoint map names no server for this');
  }

  private open(target: Target, address: string, options: DialOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: address,
        port: target.port,
        // An IP address must not be sent as SNI (RFC 6066, section 3).
        servername: isIP(target.hostName) ? '' : target.hostName,
        ca: this.trust.anchorsPem,
        minVersion: 'TLSv1.2',
        // Judged below: a device with a wrong clock has to be able to call home.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ...options.credential,
        ...(options.alpn ? { ALPNProtocols: [options.alpn] } : {}),
      });
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      socket.setTimeout(this.timeoutMs, () => fail(new Error(`no answer within ${this.timeoutMs} ms`)));
      socket.once('error', fail);
      socket.once('close', () => reject(new Error('the server closed the connection')));
      socket.once('secureConnect', () => {
        const fault = this.serverFault(socket, target) ?? alpnFault(socket, options.alpn);
        if (fault) return fail(new Error(fault));
        socket.setTimeout(0);
        socket.removeAllListeners('timeout');
        socket.removeListener('error', fail);
        resolve(socket);
      });
    });
  }

  /** Why the server is not to be believed, or nothing. */
  private serverFault(socket: TLSSocket, target: Target): string | undefined {
    const chain = peerChain(socket);
    const leaf = chain[0];
    if (!leaf) return 'the server showed no certificate';
    const nameFault = checkServerIdentity(target.hostName, socket.getPeerCertificate());
    if (nameFault) return nameFault.message;
    if (!socket.authorized) {
      const fault = String(socket.authorizationError);
      const byServerTime = DATE_FAULTS.has(fault) && anchorOf(chain, this.trust.anchors, this.clock.now());
      if (!byServerTime || !leaf.keyUsage?.includes(SERVER_AUTH)) return `its certificate is refused: ${fault}`;
    }
    const pins = target.pins.map((pin) => pin.toLowerCase());
    if (pins.length > 0 && !chain.some((link) => pins.includes(publicKeyDigest(link))))
      return 'its certificate has none of the pinned keys';
    return undefined;
  }
}

/** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
export const publicKeyDigest = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let link = socket.getPeerCertificate(true);
  while (link?.raw && !seen.has(link.fingerprint256)) {
    seen.add(link.fingerprint256);
    chain.push(new X509Certificate(link.raw));
    link = link.issuerCertificate;
  }
  return chain;
}

function alpnFault(socket: TLSSocket, wanted: string | undefined): string | undefined {
  if (!wanted || socket.alpnProtocol === wanted) return undefined;
  return `it does not speak ${wanted}`;
}
