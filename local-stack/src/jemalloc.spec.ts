import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jemalloc } from './jemalloc';

describe.runIf(process.platform === 'linux')('jemalloc', () => {
  it('is loaded, and takes its settings', async () => {
    const env = { ...jemalloc(), MALLOC_CONF: `${jemalloc()['MALLOC_CONF']},confirm_conf:true` };
    const child = spawn(process.execPath, ['-e', `console.log('up'); setInterval(() => {}, 1000)`], { env });
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    try {
      await once(child.stdout, 'data');
      expect(readFileSync(`/proc/${child.pid}/maps`, 'utf8')).toContain('/libjemalloc.so.2');
      expect(said).toContain('dirty_decay_ms');
      expect(said).not.toMatch(/invalid conf|Invalid/i);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is done without where it is not installed', () => {
    expect(jemalloc(['/nowhere/libjemalloc.so.2'])).toEqual({});
  });
});
