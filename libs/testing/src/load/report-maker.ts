import { randomUUID } from 'node:crypto';
import type { LogReport, Sample, SampleReport } from '@muster/contracts';
import type { LoadBatch } from './load-batch';

/** A batch of samples and log lines. */
export type SampleBatch = LoadBatch<{ spool: string; sentAt: string; reports: Array<SampleReport | LogReport> }>;

/** What one device reports: a spool of samples, now and then with a log line, as an agent sends them (3 to 4 KB). */
export class ReportMaker {
  readonly spool = randomUUID();
  /** Samples made so far. */
  samples = 0;
  /** Log lines made so far. */
  logs = 0;
  private sequence = 0;
  private readonly sample: Sample;

  constructor(number: number) {
    this.sample = firstSample(number);
  }

  /** A batch with one sample, and in one of ten a log line. */
  batch(takenAt = new Date().toISOString()): SampleBatch {
    const reports: SampleBatch['body']['reports'] = [this.report(takenAt)];
    if (this.samples % 10 === 0) {
      this.logs++;
      const message = `operation ${randomUUID()} ended with code ${this.samples % 3}`;
      reports.push({ sequence: ++this.sequence, takenAt, kind: 'log', level: 'info', message });
    }
    return this.toSend(reports, takenAt, 1);
  }

  /** A batch of many samples, one a minute up to `until`: what piled up while the server was out of reach. */
  backlog(count: number, until: Date): SampleBatch {
    const reports = Array.from({ length: count }, (_, index) =>
      this.report(new Date(until.getTime() - (count - 1 - index) * 60_000).toISOString()),
    );
    return this.toSend(reports, new Date().toISOString(), count);
  }

  private toSend(reports: SampleBatch['body']['reports'], sentAt: string, samples: number): SampleBatch {
    const sequences = reports.map((report) => report.sequence);
    const { spool } = this;
    const body = { spool, sentAt, reports };
    return { kind: 'samples', to: 'rmm', path: '/reports/rmm', spool, sequences, samples, body };
  }

  private report(takenAt: string): SampleReport {
    this.samples++;
    return { sequence: ++this.sequence, takenAt, kind: 'sample', sample: copyOf(moved(this.sample)) };
  }
}

const NAMES = ['systemd', 'sshd', 'postgres', 'nginx', 'node', 'chromium', 'dockerd', 'containerd', 'Xorg', 'bash'];
const GB = 1024 ** 3;
const MB = 1024 ** 2;

function firstSample(number: number): Sample {
  const memoryBytes = (4 + (number % 8) * 4) * GB;
  const disk = (mountPoint: string, sizeBytes: number) => ({ mountPoint, usedBytes: sizeBytes * 0.4, sizeBytes });
  return {
    cpuPercent: 12,
    loadAverage: 0.7,
    memoryUsedBytes: Math.round(memoryBytes * 0.45),
    memoryBytes,
    swapUsedBytes: 0,
    diskReadPerSecond: 20_000,
    diskWrittenPerSecond: 150_000,
    uptimeSeconds: 86_400 + number,
    processCount: 240,
    disks: [disk('/', 100e9), disk('/boot', 1e9), disk('/home', 400e9)],
    networks: [
      { name: 'eth0', receivedPerSecond: 12_000, sentPerSecond: 4000 },
      { name: 'wlan0', receivedPerSecond: 0, sentPerSecond: 0 },
    ],
    temperatures: [
      { name: 'Package id 0', celsius: 48 },
      { name: 'nvme0', celsius: 39 },
    ],
    processes: NAMES.flatMap((name, index) => [
      { pid: 400 + index * 37, name, cpuPercent: 2, memoryBytes: (40 + index * 61) * MB, user: 'root' },
      {
        pid: 4000 + index * 53,
        name: `${name}-worker`,
        cpuPercent: 1,
        memoryBytes: (20 + index * 7) * MB,
        user: 'www-data',
      },
    ]),
  };
}

/** Costs a tenth of what `structuredClone` does. */
const copyOf = (sample: Sample): Sample => ({
  ...sample,
  disks: sample.disks.map((one) => ({ ...one })),
  networks: sample.networks.map((one) => ({ ...one })),
  temperatures: sample.temperatures.map((one) => ({ ...one })),
  processes: sample.processes.map((one) => ({ ...one })),
});

/** Moves the values as a machine's values move. Changes the sample in place. */
function moved(sample: Sample): Sample {
  const wander = (value = 0, by: number, low: number, high: number): number =>
    Math.round(Math.min(high, Math.max(low, value + (Math.random() - 0.5) * by)) * 100) / 100;
  sample.cpuPercent = wander(sample.cpuPercent, 10, 0, 100);
  sample.loadAverage = wander(sample.loadAverage, 0.3, 0, 20);
  sample.memoryUsedBytes = Math.round(wander(sample.memoryUsedBytes, 4e7, 1e9, sample.memoryBytes ?? 4e9));
  sample.diskReadPerSecond = wander(sample.diskReadPerSecond, 20_000, 0, 1e8);
  sample.diskWrittenPerSecond = wander(sample.diskWrittenPerSecond, 50_000, 0, 1e8);
  sample.uptimeSeconds = (sample.uptimeSeconds ?? 0) + 67;
  const [disk] = sample.disks;
  if (disk) disk.usedBytes += Math.round((Math.random() - 0.3) * 100) * 4096;
  const [network] = sample.networks;
  if (network) network.receivedPerSecond = wander(network.receivedPerSecond, 8000, 0, 1e8);
  if (network) network.sentPerSecond = wander(network.sentPerSecond, 4000, 0, 1e8);
  for (const temperature of sample.temperatures) temperature.celsius = wander(temperature.celsius, 3, 30, 95);
  for (const process of sample.processes) process.cpuPercent = wander(process.cpuPercent, 4, 0, 100);
  return sample;
}
