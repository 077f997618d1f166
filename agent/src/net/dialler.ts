import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import type { Endpoint } from '@muster/contracts';
import type { ClientCredential } from '../identity/identity';
import type { ServerClock } from '../state/clock';
import { reason } from '../state/log';
import { anchorOf, isLimited, SERVER_AUTH } from '../trust/certificates';

/** What is needed to reach a server; an `Endpoint` is one. */
export type Target = Pick<Endpoint, 'hostName' | 'addresses' | 'port' | 'pins'>;

export interface DialOptions {
  /** Shown where the server asks for a client certificate. */
  credential?: ClientCredential;
  /** Application protocol to agree on (RFC 7301); refused when the server chooses none of it. */
  alpn?: string;
  /** Whoever answers will do: for what proves itself, and only without a credential. */
  anybody?: true;
}

/** The roots to believe now; another array once that changed. */
export interface Anchors {
  /** The suite's own. */
  readonly anchors: readonly X509Certificate[];
  /** Those that count for servers: the own ones, and what the installation says besides. */
  readonly serverAnchors: readonly X509Certificate[];
  /** The same as PEM. */
  readonly serverAnchorsPem: readonly string[];
}

export interface DiallerOptions {
  timeoutMs?: number;
  /** Called when a server is not believed. Says whether whom to believe is another question now. */
  onDistrust?: () => Promise<boolean>;
}

/** Opens connections; the dialler, or one that looks less closely. */
export type Dial = Pick<Dialler, 'dial'>;

const DATE_FAULTS = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/** The server's certificate leads to no root that counts, or not any more. */
class Distrust extends Error {}

/**
 * The one place that opens connections: directly today, by proxy or gateway when there is one. Tries targets and their
 * addresses in order, always with the host name as SNI, so that no DNS is needed.
 */
export class Dialler {
  private readonly timeoutMs: number;

  constructor(
    private readonly trust: Anchors,
    private readonly clock: ServerClock,
    private readonly options: DiallerOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? 10_000;
  }

  /**
   * Once more where a server was not believed and what to believe changed since.
   * @throws Error that tells every address tried and why it failed
   */
  async dial(targets: readonly Target[], options: DialOptions = {}): Promise<TLSSocket> {
    const believed = this.trust.serverAnchors;
    const failed = await this.tryAll(targets, options);
    if (!(failed instanceof Error)) return failed;
    if (failed instanceof Distrust && (this.trust.serverAnchors !== believed || (await this.options.onDistrust?.()))) {
      const again = await this.tryAll(targets, options);
      if (!(again instanceof Error)) return again;
      throw again;
    }
    throw failed;
  }

  private async tryAll(targets: readonly Target[], options: DialOptions): Promise<TLSSocket | Error> {
    const failures: string[] = [];
    let distrusted = false;
    for (const target of targets) {
      for (const address of target.addresses.length > 0 ? target.addresses : [target.hostName]) {
        try {
          return await this.open(target, address, options);
        } catch (error) {
          distrusted ||= error instanceof Distrust;
          failures.push(`${target.hostName} at ${address} port ${target.port}: ${reason(error)}`);
        }
      }
    }
    const why = failures.length > 0 ? failures.join('; ') : 'the endpoint map names no server for this';
    return distrusted ? new Distrust(why) : new Error(why);
  }

  private open(target: Target, address: string, options: DialOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: address,
        port: target.port,
        // An IP address must not be sent as SNI (RFC 6066, section 3).
        servername: isIP(target.hostName) ? '' : target.hostName,
        ca: [...this.trust.serverAnchorsPem],
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
        const fault = options.anybody ? undefined : this.serverFault(socket, target);
        if (fault) return fail(fault);
        const otherProtocol = alpnFault(socket, options.alpn);
        if (otherProtocol) return fail(new Error(otherProtocol));
        socket.setTimeout(0);
        socket.removeAllListeners('timeout');
        socket.removeListener('error', fail);
        resolve(socket);
      });
    });
  }

  /** Why the server is not to be believed, or nothing. */
  private serverFault(socket: TLSSocket, target: Target): Error | undefined {
    const chain = peerChain(socket);
    const leaf = chain[0];
    if (!leaf) return new Error('the server showed no certificate');
    const nameFault = checkServerIdentity(target.hostName, socket.getPeerCertificate());
    if (nameFault) return nameFault;
    if (!socket.authorized) {
      const fault = String(socket.authorizationError);
      const byServerTime = DATE_FAULTS.has(fault) && this.isValidByServerTime(chain);
      if (!byServerTime || !leaf.keyUsage?.includes(SERVER_AUTH))
        return new Distrust(`its certificate is refused: ${fault}`);
    }
    const pins = target.pins.map((pin) => pin.toLowerCase());
    if (pins.length > 0 && !chain.some((link) => pins.includes(publicKeyDigest(link))))
      return new Error('its certificate has none of the pinned keys');
    return undefined;
  }

  /** Judged by `anchorOf`, which knows no limits of names and usages: what other CAs limit is not excused. */
  private isValidByServerTime(chain: readonly X509Certificate[]): boolean {
    const { anchors, serverAnchors } = this.trust;
    const anchor = anchorOf(chain, serverAnchors, this.clock.now());
    return anchor !== undefined && (anchors.includes(anchor) || !chain.some(isLimited));
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
