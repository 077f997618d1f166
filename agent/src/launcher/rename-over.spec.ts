import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renameOver } from './rename-over';

let folder: string;
let tries: number;
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-rename-'));
  tries = 0;
  writeFileSync(at('new'), 'new');
  writeFileSync(at('old'), 'old');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As Windows does it while somebody has the file open, for so many tries. */
const busyFor =
  (times: number, code = 'EPERM') =>
  (from: string, to: string): void => {
    if (++tries <= times) throw Object.assign(new Error(code), { code });
    renameSync(from, to);
  };

describe('renaming over a file', () => {
  it('waits on Windows until nobody has it open', () => {
    renameOver(at('new'), at('old'), 'win32', busyFor(3));
    expect(readFileSync(at('old'), 'utf8')).toBe('new');
  });
  it('gives up there after a while, and leaves the old one', () => {
    expect(() => renameOver(at('new'), at('old'), 'win32', busyFor(1000, 'EBUSY'))).toThrow('EBUSY');
    expect(readFileSync(at('old'), 'utf8')).toBe('old');
  });
  it('is tried once where it is another fault, and on other systems', () => {
    expect(() => renameOver(at('new'), at('old'), 'win32', busyFor(1000, 'ENOSPC'))).toThrow('ENOSPC');
    expect(() => renameOver(at('new'), at('old'), 'linux', busyFor(1000))).toThrow('EPERM');
    expect(tries).toBe(2);
  });
});
