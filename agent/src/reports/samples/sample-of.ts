import type { Sample, SampleNetwork, SampleProcess } from '@muster/contracts';
import { cleanText } from '../clean-text';
import type { ProcessReading, Reading } from './reading';

/** Two readings closer than this tell no rate. */
const LEAST_SECONDS = 0.5;
const TOP_OF_EACH = 5;
const MOST_ENTRIES = 256;
const MOST_BYTES_PER_SECOND = 1e13;

/**
 * What two readings say. Rates are of what both have and what grew: a counter that was reset, and a disk, an interface
 * or a process that is new or came again, give none for this once.
 */
export function sampleOf(
  before: Reading | undefined,
  now: Reading,
  userOf?: (pid: number) => string | undefined,
): Sample {
  const seconds = before ? now.seconds - before.seconds : 0;
  const earlier = before && seconds >= LEAST_SECONDS ? before : undefined;
  return dropAbsent({
    cpuPercent: earlier && cpuPercent(earlier.cpu, now.cpu),
    loadAverage: measured(now.loadAverage, 1e6),
    memoryUsedBytes: bytes(now.memoryUsedBytes),
    memoryBytes: bytes(now.memoryBytes),
    swapUsedBytes: bytes(now.swapUsedBytes),
    ...(earlier ? diskRates(earlier.diskBytes, now.diskBytes) : {}),
    uptimeSeconds: measured(now.uptimeSeconds, 1e10),
    processCount: bytes(now.processCount),
    disks: now.disks
      .filter(({ mountPoint, sizeBytes, usedBytes }) => mountPoint && sizeBytes > 0 && bytes(usedBytes) !== undefined)
      .slice(0, MOST_ENTRIES)
      .map((disk) => ({ ...disk, mountPoint: cleanText(disk.mountPoint, 512) })),
    networks: earlier ? networkRates(earlier.networkBytes, now.networkBytes) : [],
    temperatures: now.temperatures
      .filter(({ celsius }) => celsius >= -273.15 && celsius <= 1000)
      .slice(0, MOST_ENTRIES)
      .map(({ name, celsius }) => ({ name: cleanText(name, 128) || 'sensor', celsius })),
    processes: topProcesses(earlier, now, seconds, userOf),
  });
}

/** Idle time may go back a little when a processor is switched off; then nothing is known for this once. */
function cpuPercent(before: Reading['cpu'], now: Reading['cpu']): number | undefined {
  if (!before || !now) return undefined;
  const busy = now.busy - before.busy;
  const idle = now.idle - before.idle;
  if (busy < 0 || idle < 0 || busy + idle <= 0) return undefined;
  return round((100 * busy) / (busy + idle), 2);
}

function diskRates(
  before: Reading['diskBytes'],
  now: Reading['diskBytes'],
): Pick<Sample, 'diskReadPerSecond' | 'diskWrittenPerSecond'> {
  const seconds = now.seconds - before.seconds;
  let [read, written, known] = [0, 0, 0];
  for (const [name, counter] of now.of) {
    const last = before.of.get(name);
    if (!last || counter.read < last.read || counter.written < last.written) continue;
    read += counter.read - last.read;
    written += counter.written - last.written;
    known++;
  }
  if (known === 0 || seconds < LEAST_SECONDS) return {};
  return { diskReadPerSecond: rate(read, seconds), diskWrittenPerSecond: rate(written, seconds) };
}

function networkRates(before: Reading['networkBytes'], now: Reading['networkBytes']): SampleNetwork[] {
  const seconds = now.seconds - before.seconds;
  if (seconds < LEAST_SECONDS) return [];
  const rates: SampleNetwork[] = [];
  for (const [name, counter] of now.of) {
    const last = before.of.get(name);
    if (!last || counter.received < last.received || counter.sent < last.sent) continue;
    const receivedPerSecond = rate(counter.received - last.received, seconds);
    const sentPerSecond = rate(counter.sent - last.sent, seconds);
    if (receivedPerSecond !== undefined && sentPerSecond !== undefined && name)
      rates.push({ name: cleanText(name, 128), receivedPerSecond, sentPerSecond });
  }
  return rates.slice(0, MOST_ENTRIES);
}

/** Those that use most processor time, then those that use most memory. */
function topProcesses(
  before: Reading | undefined,
  now: Reading,
  seconds: number,
  userOf?: (pid: number) => string | undefined,
): SampleProcess[] {
  const last = new Map(before?.processes.map((process) => [`${process.pid} ${process.started}`, process.cpuSeconds]));
  const share = (process: ProcessReading): number => {
    if (process.cpuPercent !== undefined) return Math.max(0, process.cpuPercent);
    if (!before || process.cpuSeconds === undefined) return 0;
    // One that is new since the last reading used all of its time since then.
    const used = process.cpuSeconds - (last.get(`${process.pid} ${process.started}`) ?? 0);
    return Math.max(0, (100 * used) / seconds);
  };
  const all = now.processes.map((process) => ({ process, cpuPercent: round(Math.min(share(process), 100_000), 2) }));
  const busiest = all
    .filter(({ cpuPercent: percent }) => percent > 0)
    .sort((left, right) => right.cpuPercent - left.cpuPercent)
    .slice(0, TOP_OF_EACH);
  const largest = all
    .toSorted((left, right) => right.process.memoryBytes - left.process.memoryBytes)
    .slice(0, TOP_OF_EACH)
    .filter((one) => one.process.memoryBytes > 0 && !busiest.includes(one));
  return [...busiest, ...largest].map(({ process, cpuPercent: percent }) => {
    const user = process.user ?? userOf?.(process.pid);
    return {
      pid: process.pid,
      name: cleanText(process.name, 255),
      cpuPercent: percent,
      memoryBytes: bytes(process.memoryBytes) ?? 0,
      ...(user ? { user: cleanText(user, 200) } : {}),
    };
  });
}

function rate(amount: number, seconds: number): number | undefined {
  const perSecond = amount / seconds;
  return perSecond >= 0 && perSecond <= MOST_BYTES_PER_SECOND ? round(perSecond, 1) : undefined;
}
const measured = (value: number | undefined, most: number): number | undefined =>
  value !== undefined && value >= 0 && value <= most ? round(value, 2) : undefined;
const bytes = (value: number | undefined): number | undefined =>
  value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : undefined;
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

function dropAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
