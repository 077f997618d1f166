import 'reflect-metadata';
import { KeyObject, randomBytes, sign, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { PURPOSE_OIDS, type Signed, type SigningPurpose } from '@muster/contracts';

x509.cryptoProvider.set(webcrypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Issued {
  pem: string;
  certificate: X509Certificate;
  key: KeyObject;
  keyPem: string;
}

export interface Wish {
  name: string;
  issuer?: Issued;
  ca?: boolean;
  usages?: string[];
  hostNames?: string[];
  addresses?: string[];
  from?: number;
  to?: number;
  /** Certify this key instead of a new one. */
  publicKey?: KeyObject;
}

const DAY_MS = 86_400_000;

/** Real certificates for tests, made by another library than the one that the agent reads them with. */
export async function issue(wish: Wish): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names: x509.JsonGeneralNames = [
    ...(wish.hostNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(wish.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const now = Date.now();
  const spki = wish.publicKey?.export({ type: 'spki', format: 'der' });
  const publicKey = spki
    ? await webcrypto.subtle.importKey('spki', new Uint8Array(spki), ALGORITHM, true, ['verify'])
    : keys.publicKey;
  const signer = wish.issuer
    ? await webcrypto.subtle.importKey(
        'pkcs8',
        new Uint8Array(wish.issuer.key.export({ type: 'pkcs8', format: 'der' }) as Buffer),
        ALGORITHM,
        true,
        ['sign'],
      )
    : keys.privateKey;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(8).toString('hex'),
    subject: `CN=${wish.name}`,
    issuer: wish.issuer ? new x509.X509Certificate(wish.issuer.pem).subject : `CN=${wish.name}`,
    notBefore: new Date(wish.from ?? now - DAY_MS),
    notAfter: new Date(wish.to ?? now + 30 * DAY_MS),
    publicKey: publicKey,
    signingKey: signer,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(wish.ca ?? false, undefined, true),
      ...(wish.usages ? [new x509.ExtendedKeyUsageExtension(wish.usages)] : []),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const key = KeyObject.from(keys.privateKey);
  const pem = made.toString('pem');
  return {
    pem,
    certificate: new X509Certificate(pem),
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

export const makeRoot = (name = 'Test root', from?: number): Promise<Issued> => issue({ name, ca: true, from });

export const makeSigner = (root: Issued, purpose: SigningPurpose): Promise<Issued> =>
  issue({ name: `${purpose} signer`, issuer: root, usages: [PURPOSE_OIDS[purpose]] });

export function signText(payload: string, signer: Issued, delegation = [signer.pem]): Signed {
  const signature = sign('sha256', Buffer.from(payload, 'utf8'), { key: signer.key, dsaEncoding: 'der' });
  return { payload, signature: signature.toString('base64'), delegation };
}
