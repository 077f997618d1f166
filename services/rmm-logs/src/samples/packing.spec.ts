import { describe, expect, it } from 'vitest';
import { random, sampleOf } from '../testing/samples';
import { HOUR } from './hour';
import { type Hours, packDay, unpackDay } from './hourly-day';
import { measuredOf, type Moment, processesOf, sampleOf as restored } from './measured';
import { packColumn, unpackColumn } from './packing';
import { packHour, unpackHour, unpackMeasured } from './sample-hour';
import { Stretch } from './stretch';
import { anyMoment } from '../testing/moments';

describe('a column', () => {
  it.each([
    [[]],
    [[5]],
    [[null, null]],
    [[1, null, 3, 3, -7]],
    [[0, Number.MAX_SAFE_INTEGER, 0, -Number.MAX_SAFE_INTEGER]],
    [[2 ** 60, 1, null, 0.5]],
  ])('holds %j', (numbers) => {
    const stored: unknown = JSON.parse(JSON.stringify(packColumn(numbers)));
    expect(unpackColumn(stored as Array<number | null>)).toEqual(numbers);
  });
});

describe('an hour of samples', () => {
  it('comes back as it went in, whatever devices report', async () => {
    const next = random(11);
    for (let round = 0; round < 60; round += 1) {
      const moments = Array.from({ length: Math.floor(next() * 70) }, (_, turn) => anyMoment(next, turn * 60_000));
      const packed = await packHour(moments);
      expect(await unpackHour(packed)).toEqual(moments);
      expect(await unpackMeasured(packed.measured)).toEqual(moments.map(({ at, measured }) => ({ at, measured })));
    }
  });

  it('takes less than a tenth of the JSON that came in', async () => {
    const next = random(12);
    const samples = Array.from({ length: 60 }, (_, turn) => sampleOf(next, turn));
    const moments = samples.map((sample, turn): Moment => ({
      at: turn * 60_000,
      measured: measuredOf(sample),
      processes: processesOf(sample),
    }));
    const { measured, processes } = await packHour(moments);
    expect((measured.length + processes.length) * 10).toBeLessThan(JSON.stringify(samples).length);
  });
});

it('a sample comes back to the digit that is kept', () => {
  const next = random(13);
  for (let turn = 0; turn < 100; turn += 1) {
    const sample = sampleOf(next, turn);
    expect(restored(measuredOf(sample), processesOf(sample))).toEqual(sample);
  }
  const empty = { disks: [], networks: [], temperatures: [], processes: [] };
  expect(restored(measuredOf(empty), [])).toEqual(empty);
});

describe('a day of hours', () => {
  it('comes back as it went in', async () => {
    const next = random(14);
    for (let round = 0; round < 40; round += 1) {
      const hours: Hours = new Map();
      for (let hour = 0; hour < 24; hour += 1) {
        if (next() < 0.3) continue;
        const stretch = new Stretch();
        const count = 1 + Math.floor(next() * 5);
        for (let turn = 0; turn < count; turn += 1) {
          const { at, measured } = anyMoment(next, hour * HOUR + turn);
          stretch.add(at, measured);
        }
        hours.set(hour * HOUR, stretch);
      }
      expect(await unpackDay(await packDay(hours))).toEqual(hours);
    }
  });
});
