import type { LogReport, ReportBatch, Sample, SampleReport } from '@muster/contracts';
import { newId } from '@muster/database';

/** Repeatable numbers between 0 and 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PROGRAMS = [
  'systemd',
  'node',
  'postgres',
  'chromium',
  'sshd',
  'kworker/u8:2',
  'dockerd',
  'Xorg',
  'agent',
  'bash',
];

/** What a workstation with two disks, two interfaces and four sensors might report. */
export function sampleOf(next: () => number, turn = 0): Sample {
  const cpuPercent = Math.round(next() * 3000) / 100;
  return {
    cpuPercent,
    loadAverage: Math.round(next() * 400) / 100,
    memoryUsedBytes: 6_000_000_000 + Math.floor(next() * 50_000) * 4096,
    memoryBytes: 16_645_668_864,
    swapUsedBytes: 268_435_456,
    diskReadPerSecond: Math.floor(next() ** 3 * 900_000),
    diskWrittenPerSecond: Math.floor(next() * 400_000),
    uptimeSeconds: 400_000 + turn * 60,
    processCount: 310 + Math.floor(next() * 9),
    disks: [
      { mountPoint: '/', usedBytes: 120_000_000_000 + Math.floor(next() * 1000) * 4096, sizeBytes: 502_392_610_816 },
      { mountPoint: '/boot/efi', usedBytes: 6_451_200, sizeBytes: 535_805_952 },
    ],
    networks: [
      { name: 'enp3s0', receivedPerSecond: Math.floor(next() * 80_000), sentPerSecond: Math.floor(next() * 20_000) },
      { name: 'wlan0', receivedPerSecond: 0, sentPerSecond: 0 },
    ],
    temperatures: ['coretemp Package', 'coretemp Core 0', 'coretemp Core 1', 'nvme Composite'].map((name) => ({
      name,
      celsius: Math.round(400 + next() * 90) / 10,
    })),
    processes: PROGRAMS.map((name, index) => ({
      pid: 700 + index * 91,
      name,
      cpuPercent: Math.round(next() ** 4 * 250) / 10,
      memoryBytes: (20_000 + index * 3_000 + (next() < 0.2 ? Math.floor(next() * 500) : 0)) * 4096,
      user: index % 3 === 0 ? 'root' : 'anna',
    })),
  };
}

/** A spool as an agent keeps it: numbers without gaps, the device's own clock. */
export class TestSpool {
  readonly id = newId();
  private sequence = 0;

  constructor(
    /** Milliseconds by which the device's clock is ahead. */
    private readonly skew = 0,
    private readonly next = random(1),
  ) {}

  sample(at: number, changes: Partial<Sample> = {}): SampleReport {
    const sample = { ...sampleOf(this.next, this.sequence), ...changes };
    return { kind: 'sample', sequence: ++this.sequence, takenAt: this.clock(at), sample };
  }

  log(at: number, message: string, level: LogReport['level'] = 'info', fields?: string): LogReport {
    return { kind: 'log', sequence: ++this.sequence, takenAt: this.clock(at), level, message, fields };
  }

  batch(reports: object[], now = Date.now()): ReportBatch {
    return { spool: this.id, sentAt: this.clock(now), reports };
  }

  private clock(at: number): string {
    return new Date(at + this.skew).toISOString();
  }
}
