import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { partBytes, residentBytes } from './memory';

describe.runIf(process.platform === 'linux')('the memory of a part', () => {
  it('is what the kernel says of the process', () => {
    const rss = process.memoryUsage.rss();
    expect(Math.abs(residentBytes(process.pid) - rss) / rss).toBeLessThan(0.2);
  });

  it('counts children, and shared pages once for PostgreSQL only', async () => {
    const child = spawn(process.execPath, ['-e', `console.log('up'); setInterval(() => {}, 1000)`]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    try {
      expect(partBytes('web', process.pid)).toBeGreaterThan(residentBytes(process.pid));
      expect(partBytes('postgres', process.pid)).toBeLessThan(partBytes('web', process.pid));
    } finally {
      child.kill();
    }
  });

  it('of a process that is gone is nothing', () => {
    expect(residentBytes(2 ** 22 + 1)).toBe(0);
  });
});
