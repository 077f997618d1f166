import type { Range, SeriesPoint } from '@muster/contracts';
import { celsiusOf, type Measured, VALUE_NAMES, VALUES, type ValueName } from './measured';

/** Values that a chart shows as mean, lowest and highest. The first ones of `VALUES`. */
export const RANGES = [
  'cpuPercent',
  'loadAverage',
  'memoryUsedBytes',
  'swapUsedBytes',
  'diskReadPerSecond',
  'diskWrittenPerSecond',
] as const satisfies readonly ValueName[];
const MEMORY = VALUE_NAMES.indexOf('memoryBytes');
const UPTIME = VALUE_NAMES.indexOf('uptimeSeconds');

/** `count` of samples that have the value, their sum, lowest and highest. */
export type Tally = [count: number, sum: number, low: number, high: number];

/**
 * What is known of a stretch of time: sums, so that stretches add up to longer ones exactly, each sample with the same
 * weight, in whatever order. All in stored units (`VALUES`).
 */
export class Stretch {
  samples = 0;
  ranges: Array<Tally | null> = RANGES.map(() => null);
  /** Highest in the stretch. */
  memory: number | null = null;
  uptime: number | null = null;
  /** When `uptime` was measured: the latest counts. */
  uptimeAt = 0;
  /** Highest use and highest size. */
  readonly disks = new Map<string, [used: number, size: number]>();
  readonly networks = new Map<string, [count: number, received: number, sent: number]>();
  readonly temperatures = new Map<string, number>();

  add(at: number, [values, disks, networks, temperatures]: Measured): void {
    this.samples += 1;
    for (const index of RANGES.keys()) {
      const value = values[index];
      if (value !== null && value !== undefined) this.addRange(index, [1, value, value, value]);
    }
    this.addMemory(values[MEMORY] ?? null);
    this.addUptime(values[UPTIME] ?? null, at);
    for (const [name, used = 0, size = 0] of disks) this.addDisk(name, used, size);
    for (const [name, received = 0, sent = 0] of networks) this.addNetwork(name, 1, received, sent);
    for (const [name, tenths = 0] of temperatures) this.addTemperature(name, tenths);
  }

  merge(other: Stretch): void {
    this.samples += other.samples;
    for (const [index, tally] of other.ranges.entries()) if (tally) this.addRange(index, tally);
    this.addMemory(other.memory);
    this.addUptime(other.uptime, other.uptimeAt);
    for (const [name, [used, size]] of other.disks) this.addDisk(name, used, size);
    for (const [name, [count, received, sent]] of other.networks) this.addNetwork(name, count, received, sent);
    for (const [name, tenths] of other.temperatures) this.addTemperature(name, tenths);
  }

  toPoint(at: number): SeriesPoint {
    const ranges: Partial<Record<(typeof RANGES)[number], Range>> = {};
    for (const [index, name] of RANGES.entries()) {
      const tally = this.ranges[index];
      if (tally) ranges[name] = rangeOf(tally, VALUES[name]);
    }
    return {
      at: new Date(at).toISOString(),
      samples: this.samples,
      ...ranges,
      ...(this.memory === null ? {} : { memoryBytes: this.memory }),
      ...(this.uptime === null ? {} : { uptimeSeconds: this.uptime }),
      disks: [...this.disks].map(([mountPoint, [usedBytes, sizeBytes]]) => ({ mountPoint, usedBytes, sizeBytes })),
      networks: [...this.networks].map(([name, [count, received, sent]]) => ({
        name,
        receivedPerSecond: rounded(received / count),
        sentPerSecond: rounded(sent / count),
      })),
      temperatures: [...this.temperatures].map(([name, tenths]) => ({ name, celsius: celsiusOf(tenths) })),
    };
  }

  addRange(index: number, [count, sum, low, high]: Tally): void {
    const known = this.ranges[index];
    this.ranges[index] = known
      ? [known[0] + count, known[1] + sum, Math.min(known[2], low), Math.max(known[3], high)]
      : [count, sum, low, high];
  }

  addMemory(bytes: number | null): void {
    if (bytes !== null) this.memory = Math.max(this.memory ?? 0, bytes);
  }

  addUptime(seconds: number | null, at: number): void {
    if (seconds === null || (this.uptime !== null && at < this.uptimeAt)) return;
    this.uptime = seconds;
    this.uptimeAt = at;
  }

  addDisk(name: string, used: number, size: number): void {
    const known = this.disks.get(name);
    this.disks.set(name, [Math.max(known?.[0] ?? 0, used), Math.max(known?.[1] ?? 0, size)]);
  }

  addNetwork(name: string, count: number, received: number, sent: number): void {
    const known = this.networks.get(name) ?? [0, 0, 0];
    this.networks.set(name, [known[0] + count, known[1] + received, known[2] + sent]);
  }

  addTemperature(name: string, tenths: number): void {
    const known = this.temperatures.get(name);
    this.temperatures.set(name, known === undefined ? tenths : Math.max(known, tenths));
  }
}

function rangeOf([count, sum, low, high]: Tally, scale: number): Range {
  return { mean: rounded(sum / count / scale), low: low / scale, high: high / scale };
}

/** To two decimals, which is what per cent and load have; more would be noise. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
