import type { SeriesPoint } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { chartsOf, drawn, summaryOf } from './charts';

const point = (change: Partial<SeriesPoint>): SeriesPoint => ({
  at: '2026-11-21T00:00:00.000Z',
  samples: 1,
  disks: [],
  networks: [],
  temperatures: [],
  ...change,
});
const charts = (...points: (SeriesPoint | undefined)[]) =>
  chartsOf({ times: points.map((_, index) => index), points, restarts: [] });
const chart = (name: string, ...points: (SeriesPoint | undefined)[]) =>
  charts(...points).find((one) => one.chart === name);

describe('charts', () => {
  it('show only what the device reports', () => {
    expect(charts(point({ loadAverage: { mean: 1, low: 0, high: 2 } })).map((one) => one.chart)).toEqual(['load']);
    expect(charts(undefined)).toEqual([]);
  });

  it('have a band from lowest to highest, and holes where nothing is known', () => {
    const cpuPercent = { mean: 10, low: 0, high: 100 };
    expect(chart('cpu', point({ cpuPercent }), undefined, point({}))?.lines).toEqual([
      { label: 'monitoring.line.cpu', mean: [10, null, null], low: [0, null, null], high: [100, null, null] },
    ]);
  });

  it('show disks by how full they are; one that came later begins later', () => {
    const disk = (mountPoint: string, usedBytes: number, sizeBytes = 200) => ({ mountPoint, usedBytes, sizeBytes });
    const lines = chart(
      'disks',
      point({ disks: [disk('/', 50)] }),
      point({ disks: [disk('/', 100), disk('/new', 20), disk('/empty', 0, 0)] }),
    )?.lines;
    expect(lines?.map(({ name, mean }) => [name, ...mean])).toEqual([
      ['/', 25, 50],
      ['/new', null, 10],
    ]);
  });

  it('draw as many lines as one can tell apart, the highest of them', () => {
    const temperatures = Array.from({ length: 20 }, (_, index) => ({ name: `sensor ${index}`, celsius: index }));
    const data = chart('temperatures', point({ temperatures }));
    expect(data?.lines).toHaveLength(20);
    expect(data && drawn(data).map(({ name }) => name)[0]).toBe('sensor 19');
    expect(data && [drawn(data).length, data.more]).toEqual([8, 12]);
  });

  it('put what an interface receives beside what it sends', () => {
    const networks = ['eth0', 'wlan0'].map((name) => ({ name, receivedPerSecond: 1, sentPerSecond: 2 }));
    expect(chart('network', point({ networks }))?.lines.map(({ label, name }) => [name, label])).toEqual([
      ['eth0', 'monitoring.line.received'],
      ['eth0', 'monitoring.line.sent'],
      ['wlan0', 'monitoring.line.received'],
      ['wlan0', 'monitoring.line.sent'],
    ]);
  });
});

it('a line in words: mean, lowest and highest', () => {
  const label = 'monitoring.line.cpu' as const;
  expect(summaryOf({ label, mean: [1, null, 3], low: [0, null, 2], high: [5, null, 4] })).toEqual({
    mean: 2,
    low: 0,
    high: 5,
  });
  expect(summaryOf({ label, mean: [-5, -1] })).toEqual({ mean: -3, low: -5, high: -1 });
  expect(summaryOf({ label, mean: [null] })).toBeUndefined();
});
