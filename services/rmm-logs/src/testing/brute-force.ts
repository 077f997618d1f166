import type { Sample, SeriesPoint } from '@muster/contracts';

export interface TimedSample {
  at: number;
  sample: Sample;
}

const RANGES = [
  'cpuPercent',
  'loadAverage',
  'memoryUsedBytes',
  'swapUsedBytes',
  'diskReadPerSecond',
  'diskWrittenPerSecond',
] as const;
const rounded = (value: number): number => Math.round(value * 100) / 100;
const byName = <T extends { name: string }>(left: T, right: T): number => (left.name < right.name ? -1 : 1);

/**
 * What a chart must show, computed in the plainest way from all samples. Lists are in the order of names: the order in
 * which the service gives them means nothing (`inOrder`).
 */
export function pointsOf(samples: readonly TimedSample[], from: number, to: number, step: number): SeriesPoint[] {
  const points: SeriesPoint[] = [];
  for (let begin = Math.floor(from / step) * step; begin < to; begin += step) {
    const within = samples
      .filter(({ at }) => at >= from && at < to && at >= begin && at < begin + step)
      .toSorted((left, right) => left.at - right.at);
    if (within.length > 0) points.push(pointOf(within, begin));
  }
  return points;
}

function pointOf(within: readonly TimedSample[], begin: number): SeriesPoint {
  const all = within.map(({ sample }) => sample);
  const point: SeriesPoint = {
    at: new Date(begin).toISOString(),
    samples: within.length,
    disks: [],
    networks: [],
    temperatures: [],
  };
  for (const name of RANGES) {
    const values = all.flatMap((sample) => sample[name] ?? []);
    if (values.length === 0) continue;
    // In hundredths where they have some: sums of decimals are not exact, and here they must be.
    const scale = name === 'cpuPercent' || name === 'loadAverage' ? 100 : 1;
    const mean = values.reduce((sum, value) => sum + Math.round(value * scale), 0) / values.length / scale;
    point[name] = { mean: rounded(mean), low: Math.min(...values), high: Math.max(...values) };
  }
  const memory = all.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  if (memory.length > 0) point.memoryBytes = Math.max(...memory);
  const uptime = all.flatMap(({ uptimeSeconds }) => uptimeSeconds ?? []).at(-1);
  if (uptime !== undefined) point.uptimeSeconds = uptime;
  const disks = all.flatMap((sample) => sample.disks);
  for (const mountPoint of new Set(disks.map((disk) => disk.mountPoint))) {
    const own = disks.filter((disk) => disk.mountPoint === mountPoint);
    const most = (of: (disk: (typeof own)[number]) => number): number => Math.max(...own.map(of));
    point.disks.push({
      mountPoint,
      usedBytes: most((disk) => disk.usedBytes),
      sizeBytes: most((disk) => disk.sizeBytes),
    });
  }
  const networks = all.flatMap((sample) => sample.networks);
  for (const name of new Set(networks.map((network) => network.name))) {
    const own = networks.filter((network) => network.name === name);
    const mean = (of: (network: (typeof own)[number]) => number): number =>
      rounded(own.reduce((sum, network) => sum + of(network), 0) / own.length);
    point.networks.push({
      name,
      receivedPerSecond: mean((network) => network.receivedPerSecond),
      sentPerSecond: mean((network) => network.sentPerSecond),
    });
  }
  const temperatures = all.flatMap((sample) => sample.temperatures);
  for (const name of new Set(temperatures.map((one) => one.name))) {
    const celsius = Math.max(...temperatures.filter((one) => one.name === name).map((one) => one.celsius));
    point.temperatures.push({ name, celsius });
  }
  return inOrder(point);
}

export const inOrder = (point: SeriesPoint): SeriesPoint => ({
  ...point,
  disks: point.disks.toSorted((left, right) => (left.mountPoint < right.mountPoint ? -1 : 1)),
  networks: point.networks.toSorted(byName),
  temperatures: point.temperatures.toSorted(byName),
});
