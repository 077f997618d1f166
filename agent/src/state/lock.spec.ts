import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxPlatform } from '../platform/linux';
import { InstanceLock } from './lock';

const platform = new LinuxPlatform();
const startOf = (pid: number): string | undefined => platform.processStart(pid);
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
  path = join(folder, 'agent.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('instance lock', () => {
  it('is held by one, and free after it was given back', () => {
    const lock = InstanceLock.acquire(path, startOf);
    expect(() => InstanceLock.acquire(path, startOf)).toThrow(`process ${process.pid}`);
    expect(InstanceLock.holder(path, startOf)).toBe(process.pid);
    lock.release();
    expect(InstanceLock.holder(path, startOf)).toBeUndefined();
    InstanceLock.acquire(path, startOf).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['of a process that is gone', { pid: 4_194_305, started: 'x' }],
    ['of another process that has the pid now', { pid: process.pid, started: 'before the last boot' }],
    ['that a crash left empty', undefined],
  ])('takes over a lock %s', (_, holder) => {
    writeFileSync(path, holder ? JSON.stringify(holder) : '');
    InstanceLock.acquire(path, startOf).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
