import 'reflect-metadata';
import { createHash, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { XMPP_ADDRESS_OID } from '@muster/contracts';
import { oid } from '../core/tls/der';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const DAY = 24 * 3600 * 1000;

export interface Credential {
  /** Certificate and the issuing one, PEM. */
  cert: string;
  key: string;
  /** SHA-256 of the certificate, lower-case hex. */
  sha256: string;
}

export interface DeviceCertificateOptions {
  /** `id-on-xmppAddr` names. */
  addresses: string[];
  /** Days from now. */
  validFrom?: number;
  validTo?: number;
}

interface Issuer {
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

/** A root and an issuing authority of its own for each test file, and what they sign. */
export class TestAuthority {
  private constructor(
    readonly domain: string,
    private readonly root: Issuer,
    private readonly issuing: Issuer,
  ) {}

  static async create(domain: string): Promise<TestAuthority> {
    const root = await authority('Test root');
    return new TestAuthority(domain, root, await authority('Test devices', root));
  }

  get rootPem(): string {
    return this.root.certificate.toString('pem');
  }

  /** A folder with `server.pem` (key, certificate, chain) and `anchors.pem`. */
  async files(): Promise<{ certificate: string; anchors: string[] }> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-broker-'));
    const certificate = join(folder, 'server.pem');
    const anchors = join(folder, 'anchors.pem');
    const server = await this.server();
    writeFileSync(certificate, server.key + server.cert + this.rootPem);
    writeFileSync(anchors, this.rootPem);
    return { certificate, anchors: [anchors] };
  }

  server(): Promise<Credential> {
    const names = new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: this.domain },
      { type: 'dns', value: 'localhost' },
    ]);
    return this.leaf(this.domain, SERVER_AUTH, names, 0, 90);
  }

  device(deviceId: string, options: Partial<DeviceCertificateOptions> = {}): Promise<Credential> {
    const { addresses = [`${deviceId}@${this.domain}`], validFrom = -1, validTo = 90 } = options;
    const names = new x509.Extension('2.5.29.17', false, alternativeNames(addresses));
    return this.leaf(deviceId, CLIENT_AUTH, names, validFrom, validTo);
  }

  private async leaf(
    name: string,
    usage: string,
    names: x509.Extension,
    from: number,
    to: number,
  ): Promise<Credential> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: this.issuing.certificate.subject,
      notBefore: new Date(Date.now() + from * DAY),
      notAfter: new Date(Date.now() + to * DAY),
      publicKey: keys.publicKey,
      signingKey: this.issuing.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.ExtendedKeyUsageExtension([usage]), names],
    });
    return {
      cert: `${certificate.toString('pem')}\n${this.issuing.certificate.toString('pem')}\n`,
      key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
      sha256: createHash('sha256')
        .update(new X509Certificate(certificate.toString('pem')).raw)
        .digest('hex'),
    };
  }
}

async function authority(name: string, parent?: Issuer): Promise<Issuer> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: parent?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() - 400 * DAY),
    notAfter: new Date(Date.now() + 400 * DAY),
    publicKey: keys.publicKey,
    signingKey: parent?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { certificate, keys };
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** GeneralNames of otherName [0] { id-on-xmppAddr, [0] UTF8String }. */
function alternativeNames(addresses: string[]): Buffer {
  const names = addresses.map((address) =>
    der(0xa0, der(0x06, oid(XMPP_ADDRESS_OID)), der(0xa0, der(0x0c, Buffer.from(address)))),
  );
  return der(0x30, ...names);
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
