import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What no log server has: this machine as seen from itself, its neighbours' metadata services, everybody at once. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const NEVER = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8'];
/** Networks of whoever runs the suite (RFC 1918, RFC 6598, RFC 4193, RFC 3879): not for every organisation to look into. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10'];
/**
 * IPv6 that a gateway on the way may turn into IPv4, any of it: IPv4-compatible (RFC 4291), translated (RFC 2765), NAT64
 * (RFC 6052 and RFC 8215), Teredo (RFC 4380), 6to4 (RFC 3056) and its relays (RFC 7526). IPv4-mapped addresses
 * (`::ffff:127.0.0.1`) are no networks here: a BlockList looks at them as the IPv4 that they are.
 */
const TUNNELS = [
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
  '192.88.99.0/24',
];

export class AddressRefused extends Error {
  constructor(address: string) {
    super(`${address} is no address that entries are forwarded to`);
  }
}

export interface AddressRulesOptions {
  /** This very machine may be dialled. */
  loopback: boolean;
  /** Private networks may be dialled. */
  private: boolean;
  /** CIDR networks that never are. */
  deny: readonly string[];
}

/** Which addresses entries may be forwarded to. */
export class AddressRules {
  private readonly denied: BlockList;
  private readonly tunnels = networks(TUNNELS);
  private readonly here: BlockList;

  /** @throws Error when a network is not in CIDR form */
  constructor(options: AddressRulesOptions) {
    const closed = [...(options.loopback ? [] : LOOPBACK), ...(options.private ? [] : PRIVATE)];
    this.denied = networks([...NEVER, ...closed, ...options.deny]);
    this.here = networks(options.loopback ? LOOPBACK : []);
  }

  /** IPv4 addresses within IPv6 ones (`::ffff:127.0.0.1`) are looked at as what they are. */
  allows(address: string): boolean {
    const family = isIP(address);
    // A zone (`fe80::1%eth0`) names an interface of this machine, and a BlockList does not see what is before it.
    if (family === 0 || address.includes('%')) return false;
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (this.denied.check(address, type)) return false;
    // `::1` is within `::/96`.
    return this.here.check(address, type) || !this.tunnels.check(address, type);
  }

  /** For the connection itself, so that the address that was checked is the one that is dialled. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const addresses = found.filter(({ address }) => this.allows(address));
      const [first] = addresses;
      if (!first) return callback(new AddressRefused(found[0]?.address ?? host), '', 0);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function networks(all: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of all) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address);
    if (family === 0 || bits === undefined) throw new Error(`FORWARD_DENY: ${network} is not a network in CIDR form`);
    list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
