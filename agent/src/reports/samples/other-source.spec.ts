import type { CpuInfo } from 'node:os';
import { parse, Sample } from '@muster/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BasicTools, OtherSource, type SystemTools } from './other-source';
import { sampleOf } from './sample-of';

let awake: number;
let asked: string[];
let received: number;
beforeEach(() => {
  awake = 0;
  asked = [];
  received = 6000;
});

/** As Node.js and `systeminformation` 5.33 answer; the answers' shapes are those of their type definitions. */
const node: BasicTools = {
  cpus: () =>
    [0, 1].map(
      () => ({ times: { user: awake * 250, nice: 0, sys: awake * 250, idle: awake * 500, irq: 0 } }) as CpuInfo,
    ),
  loadavg: () => [1.5, 1, 1],
  totalmem: () => 16e9,
  uptime: () => 5000 + awake,
  awake: () => awake,
};
const answer =
  <T>(name: string, value: () => T): (() => Promise<T>) =>
  async () => {
    asked.push(name);
    return value();
  };
const tools = (): SystemTools =>
  ({
    mem: answer('mem', () => ({ total: 16e9, available: 10e9, swapused: 5e8 })),
    fsSize: answer('fsSize', () => [
      { fs: 'C:', type: 'NTFS', size: 500e9, used: 200e9, available: 300e9, use: 40, mount: 'C:', rw: true },
      { fs: 'E:', type: 'CDFS', size: 0, used: 0, available: 0, use: 0, mount: 'E:', rw: null },
    ]),
    fsStats: answer('fsStats', () => ({
      rx: received * 2,
      wx: received * 3,
      tx: 0,
      rx_sec: null,
      wx_sec: null,
      tx_sec: null,
      ms: 0,
    })),
    networkStats: answer('networkStats', () => [
      { iface: 'Ethernet 2', operstate: 'up', rx_bytes: received, tx_bytes: received },
      { iface: 'lo0', operstate: 'up', rx_bytes: 5, tx_bytes: 5 },
      { iface: 'odd', operstate: 'unknown', rx_bytes: Number.NaN, tx_bytes: 0 },
    ]),
    cpuTemperature: answer('cpuTemperature', () => ({ main: 51.5, cores: [], max: 60 })),
    processes: answer('processes', () => ({
      all: 2,
      list: [
        { pid: 4, name: 'System', cpu: 3.2, memRss: 140, started: '2026-06-01 08:00:00', user: '' },
        { pid: 812, name: 'sqlservr.exe', cpu: 41.7, memRss: 2_000_000, started: '2026-06-01 08:01:00', user: 'MSSQL' },
      ],
    })),
  }) as unknown as SystemTools;

describe('a device that is read through systeminformation', () => {
  it('makes samples that the server takes, with rates once there are two readings', async () => {
    const source = new OtherSource('darwin', () => Promise.resolve(tools()), node);
    const before = await source.read();
    awake = 60;
    received = 12_000;
    const sample = sampleOf(before, await source.read());
    parse(Sample, JSON.parse(JSON.stringify(sample)), { unknown: 'refuse' });
    expect(sample).toEqual({
      cpuPercent: 50,
      loadAverage: 1.5,
      memoryUsedBytes: 6e9,
      memoryBytes: 16e9,
      swapUsedBytes: 5e8,
      diskReadPerSecond: 200,
      diskWrittenPerSecond: 300,
      uptimeSeconds: 5060,
      processCount: 2,
      disks: [{ mountPoint: 'C:', usedBytes: 200e9, sizeBytes: 500e9 }],
      networks: [{ name: 'Ethernet 2', receivedPerSecond: 100, sentPerSecond: 100 }],
      temperatures: [{ name: 'processor', celsius: 51.5 }],
      processes: [
        { pid: 812, name: 'sqlservr.exe', cpuPercent: 41.7, memoryBytes: 2_048_000_000, user: 'MSSQL' },
        { pid: 4, name: 'System', cpuPercent: 3.2, memoryBytes: 143_360 },
      ],
    });
  });

  it('starts programs only every fifth time on Windows, and its rates are right all the same', async () => {
    const source = new OtherSource('win32', () => Promise.resolve(tools()), node);
    let before = await source.read();
    const rates: number[] = [];
    for (let minute = 1; minute <= 12; minute++) {
      awake = minute * 60;
      received = 6000 + minute * 6000;
      const now = await source.read();
      const sample = sampleOf(before, now);
      expect(sample.cpuPercent).toBe(50);
      expect(sample).not.toHaveProperty('loadAverage');
      expect(sample.disks).toHaveLength(1);
      rates.push(...sample.networks.map(({ receivedPerSecond }) => receivedPerSecond));
      before = now;
    }
    expect(rates).toEqual([100, 100, 100]);
    expect(asked.filter((name) => name === 'processes')).toHaveLength(4);
  });

  it('leaves out what a tool does not tell', async () => {
    const fails = () => Promise.reject(new Error('no such program'));
    const [mem, fsSize, fsStats, networkStats, cpuTemperature, processes] = Array.from({ length: 6 }, () => fails);
    const silent = { mem, fsSize, fsStats, networkStats, cpuTemperature, processes } as SystemTools;
    const source = new OtherSource('win32', () => Promise.resolve(silent), node);
    const before = await source.read();
    awake = 60;
    expect(sampleOf(before, await source.read())).toEqual({
      cpuPercent: 50,
      memoryBytes: 16e9,
      uptimeSeconds: 5060,
      disks: [],
      networks: [],
      temperatures: [],
      processes: [],
    });
  });
});
