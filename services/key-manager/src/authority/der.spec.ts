import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { certify } from './certify';
import { der, objectIdentifier, publicKeyBits, time } from './der';
import { deviceProfile, issuingProfile, rootProfile } from './profiles';
import { certifiedKey, newKey, publicKeyDer, selfSign } from './x509';

describe('der', () => {
  it('writes lengths of one, two and three octets', () => {
    expect([0x7f, 0x80, 0xff, 0x100, 0x1234].map((size) => der(4, Buffer.alloc(size)).subarray(0, 4))).toEqual(
      ['047f0000', '04818000', '0481ff00', '04820100', '04821234'].map((hex) => Buffer.from(hex, 'hex')),
    );
    expect(objectIdentifier('2.5.29.14').toString('hex')).toBe('0603551d0e');
  });
  it('writes times as RFC 5280 wants them', () => {
    expect(time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });
  it.each([
    ['ec', generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey],
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey],
  ])('finds the bits of a key (%s)', (_name, key) => {
    const spki = key.export({ format: 'der', type: 'spki' });
    const bits = publicKeyBits(spki);
    expect(spki.subarray(spki.length - bits.length)).toEqual(bits);
    expect(spki[spki.length - bits.length - 1]).toBe(0);
    expect(bits[0]).toBe(key.asymmetricKeyType === 'ec' ? 4 : 0x30);
  });
});

describe('certify', () => {
  it('says what the library reads from it, in the order of the standard, under names and identifiers of its issuer', async () => {
    const root = await selfSign(await newKey(), rootProfile('Example, Ltd.', '1'));
    const key = await newKey();
    const issuer = certifiedKey(certify(publicKeyDer(key), root, issuingProfile('Example, Ltd.', 'devices', '1')), key);
    const id = '01900000-0000-7000-8000-00000000000a';
    const device = await newKey();
    const pem = certify(publicKeyDer(device), issuer, deviceProfile(id, 'xmpp.example.test', 90));

    const read = new x509.X509Certificate(pem);
    const above = new x509.X509Certificate(issuer.pem);
    expect([read.subject, read.issuer]).toEqual([`CN=${id}`, above.subject]);
    expect(read.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
      above.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    );
    const identifier = await x509.SubjectKeyIdentifierExtension.create(read.publicKey);
    expect(read.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId).toBe(identifier.keyId);
    expect(read.extensions.map(({ type, critical }) => [type, critical])).toEqual([
      ['2.5.29.19', true],
      ['2.5.29.15', true],
      ['2.5.29.37', false],
      ['2.5.29.17', false],
      ['2.5.29.14', false],
      ['2.5.29.35', false],
    ]);
    expect(await read.verify({ publicKey: above.publicKey, signatureOnly: true })).toBe(true);
    const node = new X509Certificate(pem);
    expect(node.checkIssued(issuer.certificate) && node.verify(createPublicKey(issuer.key))).toBe(true);
    expect(
      issuer.certificate.checkIssued(root.certificate) && issuer.certificate.verify(root.certificate.publicKey),
    ).toBe(true);
    expect(new Date(node.validTo).getTime() - Date.now()).toBeGreaterThan(89.9 * 86_400_000);
  });
});
