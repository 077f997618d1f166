import 'reflect-metadata';
import { createHash, sign } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { der, objectIdentifier, publicKeyBits, sequence, TAG, time } from './der';
import { type CertificateProfile, type CertifiedKey, newSerial, validity, validTo } from './x509';

/** ecdsa-with-SHA256 (RFC 5758, section 3.2). */
const ECDSA_SHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
const VERSION_3 = der(0xa0, der(TAG.integer, Buffer.from([2])));

/** What of an issuer stands in everything that it signs. */
interface IssuerParts {
  name: Buffer;
  keyIdentifier: Buffer;
}
const parts = new WeakMap<CertifiedKey, IssuerParts>();

/**
 * Signs a certificate for `spki` (SubjectPublicKeyInfo, DER; RFC 5280) under an issuer with a key on P-256. Put together
 * here, from parts that the library made once: its generator takes longer than all else in an enrolment.
 * @returns PEM with a trailing line feed
 */
export function certify(spki: Buffer, issuer: CertifiedKey, profile: CertificateProfile): string {
  if (issuer.key.asymmetricKeyType !== 'ec') throw new Error('An issuer must have a key on an elliptic curve.');
  const { name, keyIdentifier } = partsOf(issuer);
  const { notBefore, notAfter } = validity({ ...profile, notAfterAtMost: validTo(issuer.certificate) });
  const own = createHash('sha1').update(publicKeyBits(spki)).digest();
  const extensions = [
    ...profile.extensions.map(({ rawData }) => Buffer.from(rawData)),
    extension('2.5.29.14', der(TAG.octetString, own)),
    extension('2.5.29.35', sequence(der(0x80, keyIdentifier))),
  ];
  const toBeSigned = sequence(
    VERSION_3,
    der(TAG.integer, Buffer.from(newSerial(), 'hex')),
    ECDSA_SHA256,
    name,
    sequence(time(notBefore), time(notAfter)),
    Buffer.from(new x509.Name(profile.subject).toArrayBuffer()),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(TAG.bitString, Buffer.from([0]), sign('sha256', toBeSigned, issuer.key));
  return pem(sequence(toBeSigned, ECDSA_SHA256, signature));
}

/** Sections 4.2.1.1 and 4.2.1.2: an issuer is named by the identifier that its own certificate gives it. */
function partsOf(issuer: CertifiedKey): IssuerParts {
  const known = parts.get(issuer);
  if (known) return known;
  const certificate = new x509.X509Certificate(issuer.pem);
  const identifier = certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const made = {
    name: Buffer.from(certificate.subjectName.toArrayBuffer()),
    keyIdentifier: identifier
      ? Buffer.from(identifier, 'hex')
      : createHash('sha1')
          .update(publicKeyBits(Buffer.from(certificate.publicKey.rawData)))
          .digest(),
  };
  parts.set(issuer, made);
  return made;
}

const extension = (oid: string, value: Buffer): Buffer => sequence(objectIdentifier(oid), der(TAG.octetString, value));

const pem = (bytes: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(bytes.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');
