import 'reflect-metadata';
import { sign, type webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { keyPem, newKeyPair } from '../authority/certificates';

/** The key that is a device's identity (ECDSA P-256). */
export class DeviceKey {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    /** PKCS #8, PEM. */
    readonly pem: string,
  ) {}

  static async create(): Promise<DeviceKey> {
    const keys = await newKeyPair();
    return new DeviceKey(keys, await keyPem(keys));
  }

  get publicKey(): webcrypto.CryptoKey {
    return this.keys.publicKey;
  }

  /** A request without names: the server sets them (PKCS #10, PEM). A name is for tests of its refusal. */
  async certificateRequest(name = ''): Promise<string> {
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name,
      keys: this.keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    return request.toString('pem');
  }

  /** ECDSA with SHA-256, ASN.1 DER, base64. */
  sign(text: string): string {
    return sign('sha256', Buffer.from(text, 'utf8'), this.pem).toString('base64');
  }
}
