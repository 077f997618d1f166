import { describe, expect, it } from 'vitest';
import { familyOf } from '../stun/address';
import { PeerPolicy } from './peer-policy';

const peer = (address: string) => ({ address, family: familyOf(address) });

describe('peers that are relayed to', () => {
  const policy = new PeerPolicy([], []);

  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s',
    (address) => expect(policy.permits(peer(address))).toBe(true),
  );

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'ff02::1',
  ])('not %s', (address) => expect(policy.permits(peer(address))).toBe(false));

  it('but for what is allowed by name, and less what is denied by name', () => {
    const own = new PeerPolicy(['8.8.8.0/24', '2a00::/16'], ['10.20.0.0/16', '127.0.0.1', 'fd00:1::/32']);
    const answers = [
      '10.20.3.4',
      '127.0.0.1',
      'fd00:1::5',
      '10.21.0.1',
      '127.0.0.2',
      'fd00:2::1',
      '8.8.8.8',
      '2a00::1',
    ];
    expect(answers.map((address) => own.permits(peer(address)))).toEqual([
      ...[true, true, true],
      ...[false, false, false, false, false],
    ]);
  });

  it.each(['10.0.0.0/33', 'ten', '10.0.0.0/', '1.2.3/8', '::/129'])('%s is no range', (range) =>
    expect(() => new PeerPolicy([range], [])).toThrow(/is no range/),
  );
});
