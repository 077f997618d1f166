import { BlockList, isIP } from 'node:net';
import { type Endpoint, type Family, familyOf } from '../stun/address';

/**
 * Where nothing is relayed to unless it is allowed by name: a relay must not become a way into the networks behind it. From the
 * registries of RFC 6890 (IPv4 and IPv6 special purposes), with what carries IPv4 inside IPv6.
 */
export const DENIED_BY_DEFAULT: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** Ranges, apart by family: Node.js would find an IPv4 address in ::ffff:0:0/96. */
class Ranges {
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };

  /** @throws when one is no address or range in CIDR notation */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', bits] = range.split('/');
      const family = familyOf(address);
      const most = family === 4 ? 32 : 128;
      const length = Number(bits ?? most);
      if (!isIP(address) || bits === '' || !Number.isInteger(length) || length < 0 || length > most)
        throw new Error(`${range} is no range of IP addresses`);
      this.#lists[family].addSubnet(address, length, nameOf(family));
    }
  }

  include({ address, family }: Pick<Endpoint, 'address' | 'family'>): boolean {
    return this.#lists[family].check(address, nameOf(family));
  }
}

const nameOf = (family: Family): 'ipv4' | 'ipv6' => (family === 4 ? 'ipv4' : 'ipv6');

/** Which peers may be relayed to. What is allowed by name wins over what is denied. */
export class PeerPolicy {
  readonly #denied: Ranges;
  readonly #allowed: Ranges;

  constructor(denied: readonly string[], allowed: readonly string[]) {
    this.#denied = new Ranges([...DENIED_BY_DEFAULT, ...denied]);
    this.#allowed = new Ranges(allowed);
  }

  permits(peer: Pick<Endpoint, 'address' | 'family'>): boolean {
    return this.#allowed.include(peer) || !this.#denied.include(peer);
  }
}
