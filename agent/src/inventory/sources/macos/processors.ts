import { source } from '../../source';

const NAMES = ['machdep.cpu.brand_string', 'hw.physicalcpu', 'hw.logicalcpu', 'hw.packages'];

/** sysctl(8), one value on each line. Macs have one package, or two alike. */
export const macProcessors = source({
  section: 'processors',
  source: 'sysctl',
  platforms: ['macos'],
  async collect(machine) {
    const told = await machine.commands.run('sysctl', ['-n', ...NAMES]);
    const [name = '', cores = '', threads = '', packages = ''] = told.trim().split('\n');
    const count = Math.min(Math.max(1, Number(packages) || 1), 8);
    const items = Array.from({ length: count }, (_, index) => ({
      manufacturer: /apple/i.test(name) ? 'Apple' : /intel/i.test(name) ? 'Intel' : undefined,
      name: name.replaceAll(/\s+/g, ' '),
      socket: String(index),
      cores: Math.floor(Number(cores) / count),
      threads: Math.floor(Number(threads) / count),
      architecture: machine.architecture,
    }));
    return { items, unreadable: [{ what: 'frequency', why: 'macOS does not tell it on all processors' }] };
  },
});
