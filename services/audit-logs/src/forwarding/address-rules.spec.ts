import { describe, expect, it } from 'vitest';
import { AddressRules } from './address-rules';

const rules = new AddressRules({ loopback: false, deny: ['203.0.113.0/24', '2001:db8::/32'] });

describe('addresses that entries are forwarded to', () => {
  it.each(['10.1.2.3', '192.168.7.7', '172.16.0.9', '198.51.100.7', 'fd00::1', '2a00:1450::5'])(
    '%s is one',
    (address) => expect(rules.allows(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '0.1.2.3', '169.254.169.254', '224.0.0.1', '255.255.255.255'],
    ...['::1', '::', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254'],
    ...['203.0.113.9', '2001:db8::5', 'no address', ''],
  ])('%s is none', (address) => expect(rules.allows(address)).toBe(false));

  it('may be loopback where that is wanted', () => {
    const relaxed = new AddressRules({ loopback: true, deny: [] });
    expect([relaxed.allows('127.0.0.1'), relaxed.allows('::1'), relaxed.allows('169.254.169.254')]).toEqual([
      ...[true, true, false],
    ]);
  });

  it.each(['203.0.113.9', 'example.test/24', '/8'])('are not named by %s', (network) =>
    expect(() => new AddressRules({ loopback: false, deny: [network] })).toThrow(/CIDR/),
  );

  it.each(['localhost', '2130706433', '0x7f.1'])('are looked at after the name %s was looked up', async (host) => {
    const error = await new Promise<Error | null>((resolve) =>
      rules.lookup(host, { all: true }, (one) => resolve(one)),
    );
    expect(error).toBeInstanceOf(Error);
  });
});
