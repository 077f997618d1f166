import 'reflect-metadata';
import { createHash, createPrivateKey, type KeyObject, sign, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { renewalText } from '@muster/contracts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A device as far as this service sees it: a key, and what it signs. */
export class DeviceKey {
  private constructor(
    private readonly pair: webcrypto.CryptoKeyPair,
    readonly key: KeyObject,
    /** SubjectPublicKeyInfo, DER, base64. */
    readonly publicKey: string,
  ) {}

  static async make(): Promise<DeviceKey> {
    const pair = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
    const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', pair.publicKey));
    return new DeviceKey(pair, createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }), spki.toString('base64'));
  }

  /** A PKCS #10 request, PEM; `subject` only to be refused. */
  async request(subject = ''): Promise<string> {
    const made = await x509.Pkcs10CertificateRequestGenerator.create({
      keys: this.pair,
      signingAlgorithm: P256,
      ...(subject ? { name: subject } : {}),
    });
    return `${made.toString('pem')}\n`;
  }

  /** The body of a renewal. */
  async renewal(deviceId: string, challenge: string, changed: { certificateRequest?: string } = {}) {
    const certificateRequest = changed.certificateRequest ?? (await this.request());
    const digest = createHash('sha256').update(certificateRequest).digest('hex');
    const signature = sign('sha256', Buffer.from(renewalText(deviceId, challenge, digest)), this.key);
    return { deviceId, challenge, certificateRequest, signature: signature.toString('base64') };
  }
}
