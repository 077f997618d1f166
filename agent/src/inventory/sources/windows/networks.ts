import { flagOf, listOf, numberOf, type Row, textOf } from '../../formats/json';
import { type Found, source } from '../../source';
import { cim, powershell } from './powershell';

/** Media that NDIS knows, in the words of the contract (Win32_NetworkAdapter.AdapterTypeID). */
const TYPES: Record<number, string> = { 0: 'ethernet', 9: 'wireless' };

export const windowsNetworks = source({
  section: 'networks',
  source: 'Win32_NetworkAdapter',
  platforms: ['windows'],
  async collect(machine) {
    const adapters = await powershell(
      machine,
      cim("Win32_NetworkAdapter -Filter 'NetConnectionID IS NOT NULL'", [
        ...['Index', 'NetConnectionID', 'Name', 'MACAddress', 'Speed', 'AdapterTypeID', 'PhysicalAdapter'],
      ]),
    );
    const settings = await powershell(
      machine,
      cim('Win32_NetworkAdapterConfiguration', [
        ...['Index', 'IPAddress', 'IPSubnet', 'DHCPEnabled', 'DefaultIPGateway', 'DNSServerSearchOrder'],
      ]),
    );
    const byIndex = new Map(settings.map((row) => [row['Index'], row]));
    return { items: adapters.map((row) => itemOf(row, byIndex.get(row['Index']) ?? {})), unreadable: [] };
  },
});

function itemOf(adapter: Row, settings: Row): Found<'networks'> {
  const speed = numberOf(adapter['Speed']);
  const masks = listOf(settings['IPSubnet']);
  const addresses = listOf(settings['IPAddress']).map((address, index) => `${address}/${prefixOf(masks[index] ?? '')}`);
  const wireless = /wi-?fi|wireless|802\.11/i.test(`${textOf(adapter['Name'])} ${textOf(adapter['NetConnectionID'])}`);
  const physical = flagOf(adapter['PhysicalAdapter']) ?? true;
  return {
    name: textOf(adapter['NetConnectionID']) ?? '',
    mac: textOf(adapter['MACAddress'])?.toLowerCase(),
    addresses: addresses.sort(),
    type: !physical ? 'virtual' : wireless ? 'wireless' : TYPES[numberOf(adapter['AdapterTypeID']) ?? -1],
    dhcp: flagOf(settings['DHCPEnabled']),
    gateway: listOf(settings['DefaultIPGateway'])[0],
    nameServers: listOf(settings['DNSServerSearchOrder']),
    // What is not connected has the largest number there is.
    speedMbit: speed !== undefined && speed < 1e15 ? speed / 1e6 : undefined,
  };
}

/** Masks of IPv4 are dotted, those of IPv6 are lengths. */
function prefixOf(mask: string): number {
  if (!mask.includes('.')) return Number(mask);
  const bits = mask.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return bits.join('').replaceAll('0', '').length;
}
