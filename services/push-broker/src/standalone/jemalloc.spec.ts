import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jemalloc } from './jemalloc';

it.runIf(process.platform === 'linux')('is in memory of a process that gets this environment', async () => {
  const child = spawn(process.execPath, ['-e', `console.log('up'); setInterval(() => {}, 1000)`], { env: jemalloc() });
  try {
    await once(child.stdout, 'data');
    expect(readFileSync(`/proc/${child.pid}/maps`, 'utf8')).toContain('/libjemalloc.so.2');
  } finally {
    child.kill('SIGKILL');
  }
});
