import { readParagraphs } from '../../formats/pairs';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

const MAKERS: Record<string, string> = {
  GenuineIntel: 'Intel',
  AuthenticAMD: 'AMD',
  HygonGenuine: 'Hygon',
  CentaurHauls: 'VIA',
  '0x41': 'ARM',
  '0x48': 'HiSilicon',
  '0x4e': 'NVIDIA',
  '0x51': 'Qualcomm',
  '0x61': 'Apple',
  '0xc0': 'Ampere',
};
const CPU = '/sys/devices/system/cpu';

interface Package {
  threads: number;
  cores: Set<string>;
  about: Map<string, string>;
}

/** One item for each package (socket), from /proc/cpuinfo and the kernel's topology. */
export const linuxProcessors = source({
  section: 'processors',
  source: 'cpuinfo',
  platforms: ['linux'],
  async collect(machine) {
    const packages = new Map<string, Package>();
    const cpuinfo = (await machine.files.text('/proc/cpuinfo')) ?? '';
    for (const about of readParagraphs(cpuinfo)) {
      const number = about.get('processor');
      if (number === undefined || !/^\d+$/.test(number)) continue;
      const topology = `${CPU}/cpu${number}/topology`;
      const socket = about.get('physical id') ?? (await machine.files.text(`${topology}/physical_package_id`)) ?? '0';
      const core = about.get('core id') ?? (await machine.files.text(`${topology}/core_id`)) ?? number;
      const known = packages.get(socket) ?? { threads: 0, cores: new Set(), about };
      known.threads++;
      known.cores.add(core);
      packages.set(socket, known);
    }
    const name = await nameFromLscpu(machine, cpuinfo);
    const kiloHertz = Number(await machine.files.text(`${CPU}/cpu0/cpufreq/cpuinfo_max_freq`));
    const items = [...packages].map(([socket, { about, cores, threads }]): Found<'processors'> => ({
      manufacturer: makerOf(about),
      name: (about.get('model name') ?? name)?.replaceAll(/\s+/g, ' '),
      socket: /^-/.test(socket) ? '0' : socket,
      cores: cores.size,
      threads,
      frequencyMhz: kiloHertz > 0 ? Math.round(kiloHertz / 1000) : undefined,
      architecture: machine.architecture,
    }));
    const why = 'this system does not tell the highest frequency: no cpufreq below /sys/devices/system/cpu';
    return { items, unreadable: kiloHertz > 0 ? [] : [{ what: 'frequency', why }] };
  },
});

function makerOf(about: ReadonlyMap<string, string>): string | undefined {
  const told = about.get('vendor_id') ?? about.get('CPU implementer')?.toLowerCase();
  return told && (MAKERS[told] ?? told);
}

/** ARM's cpuinfo has numbers only; lscpu has the table of their names. */
async function nameFromLscpu({ commands }: Machine, cpuinfo: string): Promise<string | undefined> {
  if (/^model name\s*:/m.test(cpuinfo) || !(await commands.has('lscpu'))) return undefined;
  return /^Model name:\s*(.+)$/m.exec(await commands.run('lscpu', []))?.[1]?.trim();
}
