import { describe, expect, it } from 'vitest';
import { inOrder, pointsOf, type TimedSample } from '../testing/brute-force';
import { anyMoment } from '../testing/moments';
import { random, sampleOf } from '../testing/samples';
import { measuredOf, sampleOf as restored } from './measured';
import { Stretch } from './stretch';

const stretchOf = (samples: readonly TimedSample[]): Stretch => {
  const stretch = new Stretch();
  for (const { at, sample } of samples) stretch.add(at, measuredOf(sample));
  return stretch;
};

describe('a stretch', () => {
  it('is what its samples say, computed in the plainest way', () => {
    const next = random(21);
    for (let round = 0; round < 50; round += 1) {
      const samples = Array.from({ length: 1 + Math.floor(next() * 30) }, (_, turn): TimedSample => {
        const sample = sampleOf(next, turn);
        for (const name of ['cpuPercent', 'memoryBytes', 'uptimeSeconds'] as const)
          if (next() < 0.3) delete sample[name];
        return { at: turn * 1000, sample: { ...sample, disks: sample.disks.filter(() => next() < 0.7) } };
      });
      const [expected] = pointsOf(samples, 0, 60_000, 60_000);
      expect(inOrder(stretchOf(samples).toPoint(0))).toEqual(expected);
    }
  });

  it('is the same however it is put together', () => {
    const next = random(22);
    for (let round = 0; round < 50; round += 1) {
      const samples = Array.from({ length: 40 }, (_, turn): TimedSample => {
        const { measured } = anyMoment(() => next() * 0.7, turn);
        return { at: turn * 1000, sample: restored(measured, []) };
      });
      const whole = stretchOf(samples);
      const parts = Array.from({ length: 5 }, (): TimedSample[] => []);
      for (const sample of samples) parts[Math.floor(next() * 5)]?.push(sample);
      const merged = new Stretch();
      for (const part of parts.toSorted(() => next() - 0.5)) merged.merge(stretchOf(part));
      expect(inOrder(merged.toPoint(0))).toEqual(inOrder(whole.toPoint(0)));
    }
  });

  it('weighs each sample alike, not each part', () => {
    const [busy, idle] = [new Stretch(), new Stretch()];
    busy.add(1, measuredOf({ cpuPercent: 100, disks: [], networks: [], temperatures: [], processes: [] }));
    for (let turn = 0; turn < 3; turn += 1)
      idle.add(turn, measuredOf({ cpuPercent: 0, disks: [], networks: [], temperatures: [], processes: [] }));
    idle.merge(busy);
    expect(idle.toPoint(0).cpuPercent).toEqual({ mean: 25, low: 0, high: 100 });
  });
});
