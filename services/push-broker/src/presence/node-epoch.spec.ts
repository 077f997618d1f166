import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nextEpoch } from './node-epoch';

const folder = mkdtempSync(join(tmpdir(), 'muster-epoch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is the time, and grows even when the clock goes back', () => {
  const place = join(folder, 'new', 'deep');
  expect(nextEpoch(place, 1000)).toBe(1000);
  expect(nextEpoch(place, 5000)).toBe(5000);
  expect(nextEpoch(place, 2000)).toBe(5001);
  expect(nextEpoch(place, 2000)).toBe(5002);
});

it('begins anew with a file that says nothing, and tells when it cannot write', () => {
  writeFileSync(join(folder, 'epoch'), 'garbage');
  expect(nextEpoch(folder, 3000)).toBe(3000);
  expect(() => nextEpoch(join(folder, 'epoch'), 1)).toThrow(/EEXIST|ENOTDIR/);
});
