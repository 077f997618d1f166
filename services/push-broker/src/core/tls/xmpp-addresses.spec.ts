import { X509Certificate } from 'node:crypto';
import { TestAuthority } from '@muster/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { oid } from './der';
import { xmppAddresses } from './xmpp-addresses';

const DEVICE = '01900000-0000-7000-8000-00000000000a';

describe('addresses in certificates', () => {
  let authority: TestAuthority;
  let device: Buffer;
  beforeAll(async () => {
    authority = await TestAuthority.create();
    device = new X509Certificate((await authority.device(DEVICE, { xmppDomain: 'x.test' })).chain).raw;
  });

  it('are read where they are, and nowhere else', async () => {
    expect(xmppAddresses(device)).toEqual([`${DEVICE}@x.test`]);
    const server = new X509Certificate((await authority.server(['x.test', 'device@x.test'])).chain);
    expect(xmppAddresses(server.raw)).toEqual([]);
    expect(xmppAddresses(new X509Certificate(authority.rootPem).raw)).toEqual([]);
  });

  it('agree with what OpenSSL reads', () => {
    expect(new X509Certificate(device).subjectAltName).toContain(`${DEVICE}@x.test`);
  });

  it('are none in damaged certificates, without an exception', () => {
    for (let at = 0; at < device.length; at++) {
      expect(xmppAddresses(device.subarray(0, at))).toEqual([]);
      const damaged = Buffer.from(device);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(() => xmppAddresses(damaged)).not.toThrow();
    }
  });
});

it('object identifiers are encoded as X.690 says', () => {
  expect(oid('1.3.6.1.5.5.7.8.5').toString('hex')).toBe('2b06010505070805');
  expect(oid('2.5.29.17').toString('hex')).toBe('551d11');
  expect(oid('1.2.840.113549.1.1.11').toString('hex')).toBe('2a864886f70d01010b');
});
