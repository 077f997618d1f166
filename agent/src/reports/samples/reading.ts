import type { SampleDisk, SampleTemperature } from '@muster/contracts';

/** A running process at one moment. */
export interface ProcessReading {
  pid: number;
  /** When it started, as text: with the pid it tells a process from a later one. */
  started: string;
  name: string;
  memoryBytes: number;
  /** Processor time that it has used since it started. */
  cpuSeconds?: number;
  /** Where the system tells a share only: per cent of one processor. */
  cpuPercent?: number;
  user?: string;
}

/** Counters by the system's names, which only grow until they are reset, and the awake time at which they were read. */
export interface Counters<T> {
  seconds: number;
  of: ReadonlyMap<string, T>;
}

/**
 * What a device's counters say at one moment; two of them make a sample. What cannot be read is left out, and what is
 * costly to read may be the same as in the reading before.
 */
export interface Reading {
  /** Time that the device was awake, seconds from any beginning: what rates are measured against. */
  seconds: number;
  /** Processor time of all processors, in any one unit. */
  cpu?: { busy: number; idle: number };
  loadAverage?: number;
  memoryBytes?: number;
  memoryUsedBytes?: number;
  swapUsedBytes?: number;
  uptimeSeconds?: number;
  processCount?: number;
  /** Bytes read from and written to each disk. */
  diskBytes: Counters<{ read: number; written: number }>;
  /** Bytes through each interface. */
  networkBytes: Counters<{ received: number; sent: number }>;
  disks: SampleDisk[];
  temperatures: SampleTemperature[];
  processes: ProcessReading[];
}

/** Where readings come from: one for each kind of system. */
export interface SampleSource {
  read(): Promise<Reading>;
  /** Who a process runs as, asked only for those that are reported. */
  userOf?(pid: number): string | undefined;
}
