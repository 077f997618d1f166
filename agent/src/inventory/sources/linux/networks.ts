import { type Row, rowsOf, textOf } from '../../formats/json';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { defaultGateways, nameServers } from './routing';

const CLASS = '/sys/class/net';
interface Interface {
  name: string;
  mac?: string;
  addresses: string[];
  /** Given for a time, as DHCP does. */
  leased: boolean;
}

/** Interfaces with their addresses from `ip -json address`, or from the system's library where that is not there. */
export const linuxNetworks = source({
  section: 'networks',
  source: 'ip',
  platforms: ['linux'],
  async collect(machine) {
    const gateways = await defaultGateways(machine);
    const servers = await nameServers(machine);
    const items = (await interfacesOf(machine)).map(async (entry): Promise<Found<'networks'>> => {
      const gateway = gateways.get(entry.name);
      const speed = Number(await machine.files.text(`${CLASS}/${entry.name}/speed`));
      return {
        name: entry.name,
        mac: entry.mac && !/^(00[:]?)+$/.test(entry.mac) ? entry.mac.toLowerCase() : undefined,
        addresses: entry.addresses.sort(),
        type: await typeOf(machine, entry.name),
        dhcp: entry.leased || undefined,
        gateway,
        // The system's, which are asked through the way out.
        nameServers: gateway ? servers : undefined,
        speedMbit: speed > 0 ? speed : undefined,
      };
    });
    return { items: await Promise.all(items), unreadable: [] };
  },
});

async function interfacesOf(machine: Machine): Promise<Interface[]> {
  let links: Row[];
  try {
    links = rowsOf(JSON.parse(await machine.commands.run('ip', ['-json', 'address'])));
  } catch {
    // Not there, or without JSON (BusyBox).
    return fromLibrary(machine);
  }
  return links.flatMap((link) => {
    const name = textOf(link['ifname']);
    if (!name) return [];
    // Privacy addresses (RFC 8981) are new every day.
    const lasting = rowsOf(link['addr_info']).filter((entry) => textOf(entry['local']) && !entry['temporary']);
    return [
      {
        name,
        mac: textOf(link['address']),
        addresses: lasting.map((entry) => `${textOf(entry['local'])}/${textOf(entry['prefixlen']) ?? ''}`),
        leased: lasting.some((entry) => entry['family'] === 'inet' && entry['dynamic'] === true),
      },
    ];
  });
}

async function fromLibrary(machine: Machine): Promise<Interface[]> {
  const known = machine.addresses();
  const names = await machine.files.names(CLASS);
  const all = names.length > 0 ? names : Object.keys(known);
  return Promise.all(
    all.map(async (name) => ({
      name,
      mac: (await machine.files.text(`${CLASS}/${name}/address`)) ?? known[name]?.[0]?.mac,
      addresses: (known[name] ?? []).map(({ cidr, address }) => cidr ?? address),
      leased: false,
    })),
  );
}

/** ARPHRD numbers of linux/if_arp.h: 772 loopback, 1 Ethernet. */
async function typeOf({ files }: Machine, name: string): Promise<string> {
  const folder = `${CLASS}/${name}`;
  if ((await files.text(`${folder}/type`)) === '772' || name === 'lo') return 'loopback';
  const kind = /^DEVTYPE=(.+)$/m.exec((await files.text(`${folder}/uevent`)) ?? '')?.[1];
  if (kind === 'wlan' || (await files.stat(`${folder}/wireless`))) return 'wireless';
  if (kind === 'wwan') return 'mobile';
  if (kind) return kind;
  return (await files.stat(`${folder}/device`)) ? 'ethernet' : 'virtual';
}
