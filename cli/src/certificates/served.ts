import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Check } from '../checks/finding';
import { certificateMessages as messages } from './certificate-messages';
import { certificatesIn, subjectOf } from './pem';

const TIMEOUT_MS = 5_000;

export interface TlsPlace {
  host: string;
  port: number;
  /** Name to ask for; an IP address asks for none (RFC 6066, section 3). */
  serverName: string;
  alpn?: readonly string[];
}

/** The certificate that a TLS server shows, whoever signed it. @throws Error when there is no TLS */
export function shownBy({ host, port, serverName, alpn }: TlsPlace): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ...(isIP(serverName) ? {} : { servername: serverName }),
      ...(alpn ? { ALPNProtocols: [...alpn] } : {}),
      rejectUnauthorized: false, // it is looked at, not trusted
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate();
      if (shown) resolve(shown);
      else reject(new Error('no certificate'));
      socket.destroy();
    });
  });
}

/** Whether a client that knows these roots alone accepts what a server shows for the name. @throws Error when there is no TLS */
export function isTrustedUnder({ host, port, serverName, alpn }: TlsPlace, roots: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host, port, ca: [...roots] },
      ...(isIP(serverName) ? {} : { servername: serverName }),
      ...(alpn ? { ALPNProtocols: [...alpn] } : {}),
      rejectUnauthorized: false, // told, not enforced
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.authorized);
      socket.destroy();
    });
  });
}

/** Whether a server shows the certificate that lies on disk. Says nothing when it is unreachable: another check does. */
export const servedCertificateCheck = (file: string, place: TlsPlace): Check => ({
  name: 'certificates',
  async run() {
    const address = `${place.host}:${place.port}`;
    const [onDisk] = certificatesIn(await readFile(file, 'utf8').catch(() => ''));
    const served = await shownBy(place).catch(() => undefined);
    if (!onDisk || !served) return [];
    if (served.fingerprint256 === onDisk.fingerprint256) return [messages.ok(`${address} serves ${file}.`)];
    const what = `${subjectOf(served)}, until ${new Date(served.validTo).toISOString().slice(0, 10)}`;
    return [messages.say('certificate-not-served', { address, served: what, file })];
  },
});
