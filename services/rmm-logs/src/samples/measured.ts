import type { Sample } from '@muster/contracts';

/**
 * Single values of a sample and how many steps of the stored value make one unit: everything is kept as whole numbers, so
 * that sums are exact in whatever order they are made, and neighbours differ by little, which compresses well.
 */
export const VALUES = {
  cpuPercent: 100,
  loadAverage: 100,
  memoryUsedBytes: 1,
  swapUsedBytes: 1,
  diskReadPerSecond: 1,
  diskWrittenPerSecond: 1,
  memoryBytes: 1,
  uptimeSeconds: 1,
  processCount: 1,
} as const;
export type ValueName = keyof typeof VALUES;
export const VALUE_NAMES = Object.keys(VALUES) as ValueName[];
const CELSIUS = 10;
const PROCESS_CPU = 10;

/** A named thing of a sample (a disk, a network interface, a process) and its stored values. */
export type Item<K> = [key: K, ...values: number[]];
type ProcessKey = [pid: number, name: string, user: string | null];

/** A sample without what names its fields: a third of the JSON that came in, and the form in which it is stored. */
export type Measured = [
  values: Array<number | null>,
  disks: Array<Item<string>>,
  networks: Array<Item<string>>,
  temperatures: Array<Item<string>>,
];
export type Processes = Array<Item<ProcessKey>>;
export interface Moment {
  /** Milliseconds since 1970. */
  at: number;
  measured: Measured;
  processes: Processes;
}

export function measuredOf(sample: Sample): Measured {
  return [
    VALUE_NAMES.map((name) => scaled(sample[name], VALUES[name])),
    sample.disks.map(({ mountPoint, usedBytes, sizeBytes }) => [mountPoint, usedBytes, sizeBytes]),
    sample.networks.map((one) => [one.name, Math.round(one.receivedPerSecond), Math.round(one.sentPerSecond)]),
    sample.temperatures.map(({ name, celsius }) => [name, Math.round(celsius * CELSIUS)]),
  ];
}

export const processesOf = (sample: Sample): Processes =>
  sample.processes.map(({ pid, name, user, cpuPercent, memoryBytes }) => [
    [pid, name, user ?? null],
    Math.round(cpuPercent * PROCESS_CPU),
    memoryBytes,
  ]);

/** A sample as it is stored and travels to where it is: the JSON of `Measured` with the processes as a fifth member. */
export const storedForm = (sample: Sample): string => JSON.stringify([...measuredOf(sample), processesOf(sample)]);

/** The sample as it came in, to two decimals of per cent and load, one of degrees and processes, whole bytes and seconds. */
export function sampleOf([values, disks, networks, temperatures]: Measured, processes: Processes): Sample {
  const single: Partial<Record<ValueName, number>> = {};
  for (const [index, name] of VALUE_NAMES.entries()) {
    const value = values[index];
    if (value !== null && value !== undefined) single[name] = value / VALUES[name];
  }
  return {
    ...single,
    disks: disks.map(([mountPoint, usedBytes = 0, sizeBytes = 0]) => ({ mountPoint, usedBytes, sizeBytes })),
    networks: networks.map(([name, receivedPerSecond = 0, sentPerSecond = 0]) => ({
      name,
      receivedPerSecond,
      sentPerSecond,
    })),
    temperatures: temperatures.map(([name, tenths = 0]) => ({ name, celsius: celsiusOf(tenths) })),
    processes: processes.map(([[pid, name, user], tenths = 0, memoryBytes = 0]) => ({
      pid,
      name,
      cpuPercent: tenths / PROCESS_CPU,
      memoryBytes,
      ...(user === null ? {} : { user }),
    })),
  };
}

export const celsiusOf = (tenths: number): number => tenths / CELSIUS;

const scaled = (value: number | null | undefined, scale: number): number | null =>
  value === null || value === undefined ? null : Math.round(value * scale);
