import { randomUUID } from 'node:crypto';
import { compareVersions } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { isAmong, replaces, stopReason, versionKey } from './roll-out';

describe('the share of devices', () => {
  const devices = Array.from({ length: 4000 }, () => randomUUID());
  const release = randomUUID();
  const among = (percentage: number, of = release): string[] =>
    devices.filter((device) => isAmong(of, device, percentage));

  it('is nobody at 0, everybody at 100, and about as many as asked between', () => {
    expect(among(0)).toEqual([]);
    expect(among(100)).toEqual(devices);
    // Six standard deviations of a binomial distribution: 1 in 10^9 runs is outside.
    for (const percentage of [1, 10, 50]) {
      const deviation = Math.sqrt((devices.length * percentage * (100 - percentage)) / 10_000);
      expect(Math.abs(among(percentage).length - (devices.length * percentage) / 100)).toBeLessThan(6 * deviation);
    }
  });

  it('is the same each time, and grows without losing anybody', () => {
    expect(among(20)).toEqual(among(20));
    const more = new Set(among(40));
    expect(among(20).every((device) => more.has(device))).toBe(true);
  });

  it('is other devices with another release', () => expect(among(20, randomUUID())).not.toEqual(among(20)));

  it('is what it was when this was written', () => {
    const [one, other] = ['01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-00000000000a'];
    expect([1, 25, 50, 75, 99].map((percentage) => isAmong(one, other, percentage))).toMatchInlineSnapshot(`
      [
        false,
        false,
        false,
        false,
        true,
      ]
    `);
  });
});

describe('what a release may replace', () => {
  const release = { version: '1.2.0', downgradeFrom: ['1.3.0'] };
  it.each([
    ['1.1.9', true],
    ['1.2.0-rc.1', true],
    ['1.2.0', false],
    ['1.2.1', false],
    ['1.3.0', true],
  ])('%s: %s', (running, expected) => expect(replaces(release, running)).toBe(expected));
});

describe('the rule by which a roll-out stops', () => {
  const rule = { failures: 3, sharePercent: 10, shareAfter: 20 };
  it.each([
    [0, 3, undefined],
    [0, 4, '4 devices failed, and at most 3 may.'],
    [17, 2, undefined],
    [18, 2, undefined],
    [17, 3, '3 of 20 devices failed, and at most 10 % may.'],
    [27, 3, undefined],
  ])('after %d installed and %d failed says %s', (installed, failed, expected) =>
    expect(stopReason(rule, installed, failed)).toBe(expected),
  );
  it('of nothing allowed stops at the first failure', () =>
    expect(stopReason({ failures: 0, sharePercent: 100, shareAfter: 1 }, 1000, 1)).toMatch(/^1 device failed/));
});

it('versions and their keys are in the same order', () => {
  const versions = [
    ...['0.9.0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'],
    ...['1.0.0-rc-1.2', '1.0.0', '1.0.1-0', '1.0.1', '1.10.0', '2.0.0', '10.0.0'],
  ];
  for (const left of versions) {
    for (const right of versions) {
      const [a, b] = [Buffer.from(versionKey(left)), Buffer.from(versionKey(right))];
      expect(Buffer.compare(a, b), `${left} and ${right}`).toBe(Math.sign(compareVersions(left, right)));
    }
  }
});
