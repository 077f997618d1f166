import { parse, type Sample, SampleReport } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import type { ProcessReading, Reading } from './reading';
import { sampleOf } from './sample-of';

const reading = (seconds: number, changes: Partial<Reading> = {}): Reading => ({
  seconds,
  diskBytes: { seconds, of: new Map() },
  networkBytes: { seconds, of: new Map() },
  disks: [],
  temperatures: [],
  processes: [],
  ...changes,
});
const network = (seconds: number, of: Array<[string, number, number]>): Partial<Reading> => ({
  networkBytes: { seconds, of: new Map(of.map(([name, received, sent]) => [name, { received, sent }])) },
});
const disk = (seconds: number, of: Array<[string, number, number]>): Partial<Reading> => ({
  diskBytes: { seconds, of: new Map(of.map(([name, read, written]) => [name, { read, written }])) },
});
const run = (pid: number, changes: Partial<ProcessReading> = {}): ProcessReading => ({
  pid,
  started: '100',
  name: `p${pid}`,
  memoryBytes: pid * 1000,
  cpuSeconds: 0,
  ...changes,
});
/** Every sample must be one that the server takes. */
function sampled(before: Reading | undefined, now: Reading): Sample {
  const sample = sampleOf(before, now, () => 'somebody');
  const report = { kind: 'sample', sequence: 1, takenAt: '2026-06-01T00:00:00.000Z', sample };
  parse(SampleReport, JSON.parse(JSON.stringify(report)), { unknown: 'refuse' });
  return sample;
}

describe('a sample', () => {
  it('counts processors by what they did since the last one', () => {
    const before = reading(0, { cpu: { busy: 1000, idle: 5000 } });
    expect(sampled(before, reading(60, { cpu: { busy: 1300, idle: 5900 } })).cpuPercent).toBe(25);
    expect(sampled(undefined, before)).not.toHaveProperty('cpuPercent');
  });

  it('says nothing of processors when a counter went back, or nothing moved', () => {
    const before = reading(0, { cpu: { busy: 1000, idle: 5000 } });
    for (const cpu of [{ busy: 1000, idle: 5000 }, { busy: 900, idle: 6000 }, { busy: 2000, idle: 4000 }, undefined])
      expect(sampled(before, reading(60, { cpu }))).not.toHaveProperty('cpuPercent');
  });

  it('makes rates of what both readings have', () => {
    const before = reading(0, {
      ...network(0, [['eth0', 1000, 0]]),
      ...disk(0, [
        ['sda', 0, 0],
        ['sdb', 600, 0],
      ]),
    });
    const now = reading(60, {
      ...network(60, [['eth0', 7000, 90]]),
      ...disk(60, [
        ['sda', 600, 6000],
        ['sdb', 1200, 0],
      ]),
    });
    expect(sampled(before, now)).toMatchObject({
      networks: [{ name: 'eth0', receivedPerSecond: 100, sentPerSecond: 1.5 }],
      diskReadPerSecond: 20,
      diskWrittenPerSecond: 100,
    });
  });

  it('gives no rate of a counter that was reset, of what is new, and of what is gone', () => {
    const before = reading(0, {
      ...network(0, [
        ['reset', 5000, 5000],
        ['half', 0, 5000],
        ['gone', 1, 1],
      ]),
      ...disk(0, [
        ['reset', 9e9, 9e9],
        ['same', 0, 0],
      ]),
    });
    const now = reading(60, {
      ...network(60, [
        ['reset', 10, 10],
        ['half', 60, 10],
        ['new', 9e12, 9e12],
      ]),
      ...disk(60, [
        ['reset', 0, 0],
        ['same', 60, 60],
        ['new', 9e12, 9e12],
      ]),
    });
    const sample = sampled(before, now);
    expect(sample.networks).toEqual([]);
    expect(sample).toMatchObject({ diskReadPerSecond: 1, diskWrittenPerSecond: 1 });
  });

  it('gives no rate of two readings at the same time, and none that no device can have', () => {
    const before = reading(10, { ...network(10, [['eth0', 0, 0]]), cpu: { busy: 1, idle: 1 } });
    const same = sampled(before, reading(10, { ...network(10, [['eth0', 500, 500]]), cpu: { busy: 2, idle: 2 } }));
    expect([same.networks, same.cpuPercent]).toEqual([[], undefined]);
    expect(sampled(before, reading(11, network(11, [['eth0', Number.MAX_SAFE_INTEGER, 0]]))).networks).toEqual([]);
  });

  it('measures counters that are read more seldom over the time between their own readings', () => {
    const before = reading(240, network(0, [['eth0', 0, 0]]));
    expect(sampled(before, reading(300, network(300, [['eth0', 3000, 300]]))).networks).toEqual([
      { name: 'eth0', receivedPerSecond: 10, sentPerSecond: 1 },
    ]);
    expect(sampled(before, reading(300, network(0, [['eth0', 0, 0]]))).networks).toEqual([]);
  });

  it('tells processes that use most, by processor first and then by memory, each once', () => {
    const before = reading(0, { processes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((pid) => run(pid)) });
    const processes = before.processes.map((one) => ({ ...one, cpuSeconds: one.pid <= 6 ? one.pid * 6 : 0 }));
    const { processes: top } = sampled(before, reading(60, { processes }));
    expect(top.map(({ pid }) => pid)).toEqual([6, 5, 4, 3, 2, 12, 11, 10, 9, 8]);
    expect(top[0]).toEqual({ pid: 6, name: 'p6', cpuPercent: 60, memoryBytes: 6000, user: 'somebody' });
    expect(top[5]).toMatchObject({ cpuPercent: 0 });
  });

  it('takes a process that has the number of an earlier one for what it is: new', () => {
    const before = reading(0, { processes: [run(7, { cpuSeconds: 5000 })] });
    const now = reading(60, { processes: [run(7, { started: '900', cpuSeconds: 30 })] });
    expect(sampled(before, now).processes).toMatchObject([{ cpuPercent: 50 }]);
  });

  it('makes any name one that the server takes', () => {
    const odd = 'a\u0000b\ud800c\u001b[31m'.padEnd(1000, '😀');
    const sample = sampled(
      reading(0, network(0, [[odd, 0, 0]])),
      reading(60, {
        ...network(60, [[odd, 60, 60]]),
        disks: [
          { mountPoint: odd, usedBytes: 1, sizeBytes: 2 },
          { mountPoint: '', usedBytes: 1, sizeBytes: 2 },
          { mountPoint: '/nothing', usedBytes: Number.NaN, sizeBytes: 2 },
        ],
        temperatures: [
          { name: odd, celsius: 20 },
          { name: 'broken', celsius: 65_261.85 },
          { name: 'broken', celsius: Number.NaN },
        ],
        processes: [run(1, { name: odd })],
      }),
    );
    expect([sample.networks.length, sample.disks.length, sample.temperatures.length]).toEqual([1, 1, 1]);
    expect(sample.processes[0]?.name).toMatch(/^a\ufffdb\ufffdc\ufffd\[31m😀+$/u);
  });

  it('holds no more than the contract allows', () => {
    const many = Array.from({ length: 400 }, (_, index) => index);
    const names = many.map((index): [string, number, number] => [`n${index}`, 0, 0]);
    const sample = sampled(
      reading(0, network(0, names)),
      reading(60, {
        ...network(60, names),
        disks: many.map((index) => ({ mountPoint: `/${index}`, usedBytes: 1, sizeBytes: 2 })),
        temperatures: many.map((index) => ({ name: `t${index}`, celsius: 20 })),
        processes: many.map((index) => run(index, { cpuSeconds: index })),
      }),
    );
    expect([sample.networks.length, sample.disks.length, sample.temperatures.length]).toEqual([256, 256, 256]);
  });
});
