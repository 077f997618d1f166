import { describe, expect, it } from 'vitest';
import { AddressRules } from './address-rules';

const rules = new AddressRules({ loopback: false, private: true, deny: ['203.0.113.0/24', '2001:db8::/32'] });

describe('addresses that entries are forwarded to', () => {
  it.each(['10.1.2.3', '192.168.7.7', '172.16.0.9', '198.51.100.7', 'fd00::1', '2a00:1450::5'])(
    '%s is one',
    (address) => expect(rules.allows(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '0.1.2.3', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
    ...['::1', '::', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254'],
    ...['203.0.113.9', '2001:db8::5', 'no address', ''],
    ...['fe80::1%eth0', '::1%lo', '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8'],
    ...[
      '64:ff9b:1::a00:1',
      '64:ff9b:1:ffff:ffff:ffff:a9fe:a9fe',
      '2002:7f00:1::',
      '2002:a9fe:a9fe::1',
      '2001:0:4136::1',
    ],
    ...['192.88.99.1', '::ffff:203.0.113.9', '::ffff:cb00:7109'],
  ])('%s is none', (address) => expect(rules.allows(address)).toBe(false));

  describe('without private networks', () => {
    const outside = new AddressRules({ loopback: false, private: false, deny: [] });

    it.each([
      ...['10.1.2.3', '192.168.7.7', '172.16.0.9', '172.31.255.255', '100.64.0.1', 'fd00::1', 'fc00::1', 'fec0::1'],
      ...['::ffff:10.1.2.3', '::ffff:c0a8:707', '64:ff9b::a01:203', '64:ff9b:1::c0a8:707', '2002:a01:203::1'],
      ...['::10.1.2.3', '127.0.0.1', '::1'],
    ])('%s is none', (address) => expect(outside.allows(address)).toBe(false));

    it.each(['198.51.100.7', '172.32.0.1', '100.128.0.1', '2a00:1450::5', '::ffff:198.51.100.7'])(
      '%s is one',
      (address) => expect(outside.allows(address)).toBe(true),
    );
  });

  it('may be loopback where that is wanted', () => {
    const relaxed = new AddressRules({ loopback: true, private: true, deny: [] });
    expect([relaxed.allows('127.0.0.1'), relaxed.allows('::1'), relaxed.allows('169.254.169.254')]).toEqual([
      ...[true, true, false],
    ]);
  });

  it.each(['203.0.113.9', 'example.test/24', '/8'])('are not named by %s', (network) =>
    expect(() => new AddressRules({ loopback: false, private: true, deny: [network] })).toThrow(/CIDR/),
  );

  it.each(['localhost', '2130706433', '0x7f.1'])('are looked at after the name %s was looked up', async (host) => {
    const error = await new Promise<Error | null>((resolve) =>
      rules.lookup(host, { all: true }, (one) => resolve(one)),
    );
    expect(error).toBeInstanceOf(Error);
  });
});
