import type { ProtectionState } from '@muster/contracts';
import { reason } from '../../../state/log';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

/** Products that are known by a folder that only their installers make, and by the process that guards. */
const PRODUCTS: ReadonlyArray<{ name: string; folder: string; processes: readonly string[] }> = [
  { name: 'CrowdStrike Falcon', folder: '/opt/CrowdStrike', processes: ['falcon-sensor', 'falcon-sensor-b'] },
  { name: 'SentinelOne', folder: '/opt/sentinelone', processes: ['s1-agent', 's1-orchestrator'] },
  { name: 'ESET Endpoint Antivirus', folder: '/opt/eset/eea', processes: ['startd', 'odfeeder'] },
  { name: 'ESET Server Security', folder: '/opt/eset/efs', processes: ['startd', 'odfeeder'] },
  { name: 'Sophos Protection for Linux', folder: '/opt/sophos-spl', processes: ['sophos_watchdog'] },
  { name: 'Bitdefender Endpoint Security', folder: '/opt/bitdefender-security-tools', processes: ['bdsecd'] },
  { name: 'Kaspersky Endpoint Security', folder: '/opt/kaspersky/kesl', processes: ['kesl'] },
  { name: 'Trellix Endpoint Security', folder: '/opt/McAfee/ens/tp', processes: ['mfetpd'] },
  { name: 'Trend Micro Deep Security Agent', folder: '/opt/ds_agent', processes: ['ds_agent', 'ds_am'] },
  { name: 'Symantec Endpoint Protection', folder: '/opt/Symantec/symantec_antivirus', processes: ['rtvscand'] },
];
const CLAMAV = ['/usr/sbin/clamd', '/usr/bin/clamscan', '/usr/bin/clamdscan'];

/** ClamAV and other known products: whether they are there, and whether what guards is running. */
export const linuxAntivirus = source({
  section: 'antivirus',
  source: 'known-products',
  platforms: ['linux'],
  async collect(machine) {
    const processes = await processNames(machine);
    const running = (names: readonly string[]): ProtectionState => {
      if (!processes) return 'unknown';
      return names.some((name) => processes.has(name.slice(0, 15))) ? 'on' : 'off';
    };
    const items: Array<Found<'antivirus'>> = [];
    for (const { name, folder, processes: names } of PRODUCTS)
      if (await machine.files.stat(folder)) items.push({ name, state: running(names) });
    const unreadable = [];
    const clam = await Promise.all(CLAMAV.map((path) => machine.files.stat(path)));
    if (clam.some(Boolean)) {
      const version = await clamVersion(machine).catch((error: unknown) => {
        unreadable.push({ what: 'version of ClamAV', why: reason(error) });
        return {};
      });
      items.push({ name: 'ClamAV', state: running(['clamd', 'clamonacc']), ...version });
    }
    if (!processes && items.length > 0)
      unreadable.push({ what: 'whether it runs', why: "other users' processes are hidden from the agent (hidepid)" });
    return { items, unreadable };
  },
});

/** First 15 characters of each process's name; undefined where the first process is hidden. */
async function processNames({ files }: Machine): Promise<Set<string> | undefined> {
  if (!(await files.text('/proc/1/comm'))) return undefined;
  const numbers = (await files.names('/proc')).filter((name) => /^\d+$/.test(name));
  return new Set(
    (await Promise.all(numbers.map((pid) => files.text(`/proc/${pid}/comm`)))).flatMap((name) => name ?? []),
  );
}

/** `ClamAV 1.0.7/27443/Fri Nov  1 08:34:54 2024`: engine, number and time of the signatures. */
async function clamVersion({ commands }: Machine): Promise<Partial<Found<'antivirus'>>> {
  if (!(await commands.has('clamscan'))) return {};
  const told = await commands.run('clamscan', ['--version']);
  const [, version, signatures] = /^ClamAV ([^/\s]+)(?:\/(\d+))?/.exec(told) ?? [];
  return { version, signatures };
}
