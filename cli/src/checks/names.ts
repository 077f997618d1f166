import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { type Check, defineMessages, fault, type Finding, warning } from './finding';

const messages = defineMessages('names', 'Each host name resolves, and to the server that it should.', {
  'name-unresolved': fault(
    'The name {name} does not resolve.',
    'Add it to your DNS with the address {expected}; devices need no DNS, browsers and this name do.',
  ),
  'name-not-in-dns': warning(
    'Not in DNS: {names}. Devices do without, since they are given addresses; browsers and tools are not.',
    'Add them to your DNS with the address {expected} where people are to use them; an entry *.<base domain> does.',
  ),
  'name-elsewhere': fault(
    'The name {name} points to {found} and not to {expected}.',
    'Correct the entry in your DNS, or the address in the .env file if the server has moved.',
  ),
  'dns-unreachable': fault(
    'No DNS server answers, so that {name} could not be looked up.',
    'Check /etc/resolv.conf and the way to the DNS server; without any DNS, set up with addresses: "muster setup --address".',
  ),
});

/** Looks up every address of a name. @throws Error with the resolver's code */
export type Lookup = (name: string) => Promise<string[]>;

export interface ExpectedName {
  name: string;
  /** Addresses that it may point to; none: anything will do. */
  addresses: readonly string[];
  /** Nobody can do without it, since no address is known or people use it. */
  needed: boolean;
}

export const nameCheck = (names: readonly ExpectedName[], lookup: Lookup = lookupBy()): Check => ({
  name: 'names',
  run: async () => {
    const found = await Promise.all(names.map((name) => inspect(name, lookup)));
    const [lacking] = names.filter((_name, index) => found[index] === undefined);
    const findings = found.filter((finding) => finding !== undefined);
    if (!lacking) return findings;
    const all = names.filter((_name, index) => found[index] === undefined).map(({ name }) => name);
    const expected = lacking.addresses.join(' or ');
    return [...findings, messages.say('name-not-in-dns', { names: all.join(', '), expected })];
  },
});

/** Undefined: it does not resolve, and need not. */
async function inspect({ name, addresses, needed }: ExpectedName, lookup: Lookup): Promise<Finding | undefined> {
  if (isIP(name)) return messages.ok(`${name} is an address: no DNS is needed.`);
  const expected = addresses.join(' or ') || 'of its server';
  try {
    const found = await lookup(name);
    if (found.length === 0) return needed ? messages.say('name-unresolved', { name, expected }) : undefined;
    const wrong = addresses.length > 0 && !found.some((address) => addresses.some((one) => same(one, address)));
    if (wrong) return messages.say('name-elsewhere', { name, found: found.join(', '), expected });
    return messages.ok(`${name} points to ${found.join(', ')}.`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'NOTFOUND')
      return needed ? messages.say('name-unresolved', { name, expected }) : undefined;
    return needed ? messages.say('dns-unreachable', { name }) : undefined;
  }
}

/** Compares by value: `::1` and `0:0:0:0:0:0:0:1` are one. */
function same(one: string, other: string): boolean {
  if (isIP(one) !== isIP(other) || isIP(one) === 0) return one === other;
  const list = new BlockList();
  const family = isIP(one) === 6 ? 'ipv6' : 'ipv4';
  list.addAddress(one, family);
  return list.check(other, family);
}

/** /etc/hosts first, then DNS, never a cache. @param servers DNS servers as `address:port`; the system's when absent */
export function lookupBy(servers?: readonly string[]): Lookup {
  return async (name) => {
    const listed = await fromHosts(name);
    if (listed.length > 0) return listed;
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (servers) resolver.setServers(servers);
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
    return found;
  };
}

async function fromHosts(name: string): Promise<string[]> {
  const text = await readFile('/etc/hosts', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return address && names.includes(name) ? [address] : [];
  });
}
