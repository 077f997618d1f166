import { listOf, rowOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { profile } from './system-profiler';

const TYPES: Record<string, string> = { AirPort: 'wireless', Ethernet: 'ethernet', Bridge: 'bridge' };

/** Network services with their settings; addresses with their prefix lengths from the system's library. */
export const macNetworks = source({
  section: 'networks',
  source: 'SPNetworkDataType',
  platforms: ['macos'],
  async collect(machine) {
    const known = machine.addresses();
    const items = (await profile(machine, 'SPNetworkDataType')).flatMap((entry) => {
      const name = textOf(entry['interface']);
      if (!name) return [];
      const ipv4 = rowOf(entry['IPv4']);
      const own = known[name] ?? [];
      return [
        {
          name,
          mac: textOf(rowOf(entry['Ethernet'])['MAC Address'])?.toLowerCase() ?? own[0]?.mac,
          addresses: own.map(({ cidr, address }) => cidr ?? address).sort(),
          type: TYPES[textOf(entry['hardware']) ?? ''] ?? textOf(entry['type'])?.toLowerCase(),
          dhcp: ipv4['ConfigMethod'] === undefined ? undefined : ipv4['ConfigMethod'] === 'DHCP',
          gateway: textOf(ipv4['Router']) ?? textOf(rowOf(entry['IPv6'])['Router']),
          nameServers: listOf(rowOf(entry['DNS'])['ServerAddresses']),
        },
      ];
    });
    return { items, unreadable: [] };
  },
});
