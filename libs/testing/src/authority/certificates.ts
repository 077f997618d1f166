import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600 * 1000;

export type KeyPair = webcrypto.CryptoKeyPair;

export interface Issued {
  certificate: x509.X509Certificate;
  keys: KeyPair;
  /** PEM. */
  crt: string;
  /** PKCS #8, PEM. */
  key: string;
}

export interface Profile {
  commonName: string;
  days: number;
  extensions: x509.Extension[];
  /** A certificate that is valid from another time than now. */
  notBefore?: Date;
}

export const newKeyPair = (): Promise<KeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

export const keyPem = async (keys: KeyPair): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');

/** A certificate for `publicKey` (a new key when absent), signed by the issuer or by itself. */
export async function issue(profile: Profile, issuer?: Issued, publicKey?: webcrypto.CryptoKey): Promise<Issued> {
  const keys = await newKeyPair();
  const notBefore = profile.notBefore ?? new Date(Date.now() - 60_000);
  const common = {
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex'),
    notBefore,
    notAfter: new Date(notBefore.getTime() + profile.days * DAY),
    signingAlgorithm: ALGORITHM,
  };
  const subject = [{ CN: [profile.commonName] }];
  const certificate = issuer
    ? await x509.X509CertificateGenerator.create({
        ...common,
        subject,
        issuer: issuer.certificate.subject,
        publicKey: publicKey ?? keys.publicKey,
        signingKey: issuer.keys.privateKey,
        extensions: [
          ...profile.extensions,
          await x509.SubjectKeyIdentifierExtension.create(publicKey ?? keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
        ],
      })
    : await x509.X509CertificateGenerator.createSelfSigned({
        ...common,
        name: subject,
        keys,
        extensions: [...profile.extensions, await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
      });
  return { certificate, keys, crt: `${certificate.toString('pem')}\n`, key: await keyPem(keys) };
}

export const authority = (pathLength: number): x509.Extension[] => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
];

export const leaf = (usage: string, critical = false): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension([usage], critical),
];
