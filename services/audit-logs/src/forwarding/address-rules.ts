import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What no log server has: this machine as seen from itself, its neighbours' metadata services, everybody at once. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const NEVER = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8'];

export class AddressRefused extends Error {
  constructor(address: string) {
    super(`${address} is no address that entries are forwarded to`);
  }
}

/** Which addresses entries may be forwarded to. Private networks may be: that is where log servers are. */
export class AddressRules {
  private readonly denied = new BlockList();

  /** @throws Error when a network is not in CIDR form */
  constructor({ loopback, deny }: { loopback: boolean; deny: readonly string[] }) {
    for (const network of [...NEVER, ...(loopback ? [] : LOOPBACK), ...deny]) {
      const [address = '', bits] = network.split('/');
      const family = isIP(address);
      if (family === 0 || bits === undefined) throw new Error(`FORWARD_DENY: ${network} is not a network in CIDR form`);
      this.denied.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    }
  }

  /** IPv4 addresses within IPv6 ones (`::ffff:127.0.0.1`) are looked at as what they are. */
  allows(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && !this.denied.check(address, family === 6 ? 'ipv6' : 'ipv4');
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
