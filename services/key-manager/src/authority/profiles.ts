import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { PURPOSE_OIDS, type SigningPurpose, XMPP_ADDRESS_OID } from '@muster/contracts';
import { der, objectIdentifier, sequence, TAG } from './der';
import type { CertificateProfile } from './x509';

const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags;
const AUTHORITY = keyCertSign | cRLSign;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const ISSUING_DAYS = 5 * 365;
export const DELEGATION_DAYS = 365;

/**
 * Self-signed, 20 years, offline-capable: it signs issuing authorities, delegations and one day its successor, which is
 * why two authorities may stand below it in a chain.
 */
export const rootProfile = (owner: string, label: string): CertificateProfile => ({
  subject: `CN=Muster Root ${label}, O=${owner}`,
  days: 20 * 365,
  extensions: [new x509.BasicConstraintsExtension(true, 2, true), new x509.KeyUsagesExtension(AUTHORITY, true)],
});

/** An authority for one purpose; the extended key usage keeps one that signs devices from making a server. */
export const issuingProfile = (owner: string, purpose: 'devices' | 'servers', label: string): CertificateProfile => ({
  subject: `CN=Muster ${purpose === 'devices' ? 'Devices' : 'Servers'} ${label}, O=${owner}`,
  days: ISSUING_DAYS,
  extensions: [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(AUTHORITY, true),
    new x509.ExtendedKeyUsageExtension([purpose === 'devices' ? CLIENT_AUTH : SERVER_AUTH]),
  ],
});

/** A root's delegation of signing one kind of thing. */
export const delegationProfile = (owner: string, purpose: SigningPurpose): CertificateProfile => ({
  subject: `CN=Muster ${purpose} signing, O=${owner}`,
  days: DELEGATION_DAYS,
  extensions: [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([PURPOSE_OIDS[purpose]], true),
  ],
});

const LEAF: readonly x509.Extension[] = [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(digitalSignature, true),
  new x509.ExtendedKeyUsageExtension([CLIENT_AUTH]),
];

/** A lease on a device's key: it names the device id and its JID, nothing that could change. */
export const deviceProfile = (deviceId: string, xmppDomain: string, days: number): CertificateProfile => ({
  subject: `CN=${deviceId}`,
  days,
  extensions: [...LEAF, new x509.Extension('2.5.29.17', false, xmppAddress(`${deviceId}@${xmppDomain}`))],
});

/** GeneralNames with one otherName of type id-on-xmppAddr (RFC 6120, section 13.7.1.4): a UTF8String with the bare JID. */
export function xmppAddress(jid: string): Buffer {
  const value = der(0xa0, der(TAG.utf8String, Buffer.from(jid, 'utf8')));
  return sequence(der(0xa0, objectIdentifier(XMPP_ADDRESS_OID), value));
}
