import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { Journal } from './journal';
import { interruptedCheck } from './upgrade-checks';

const folder = testFolder();
const lock = join(folder, 'upgrade.lock');

describe('the journal of an upgrade', () => {
  it('remembers until the end', () => {
    const entry = { from: '1.0.0', to: '1.1.0', backup: '/srv/backup' };
    expect(new Journal(folder).read()).toBeUndefined();
    new Journal(folder).write(entry);
    expect(new Journal(folder).read()).toEqual(entry);
    new Journal(folder).end();
    expect(new Journal(folder).read()).toBeUndefined();
  });

  it('keeps the pauses of every run, also one in which the run was interrupted', () => {
    const begin = () => new Journal(folder);
    begin().write({ from: '1.0.0', to: '1.1.0', backup: '/srv/backup' });
    const interrupted = begin();
    interrupted.begins(['nats']);
    interrupted.ended({ services: ['nats'], seconds: 3.2 });
    interrupted.begins(['postgres']);
    const nats = { services: ['nats'], seconds: 3.2 };
    expect(begin().pauses()).toEqual([nats, { services: ['postgres'] }]);
    begin().ended({ services: ['postgres'], seconds: 4 });
    begin().add({ placing: true });
    const pauses = [nats, { services: ['postgres'], seconds: 4 }];
    expect(begin().read()).toEqual({ from: '1.0.0', to: '1.1.0', backup: '/srv/backup', pauses, placing: true });
    begin().end();
    expect(begin().pauses()).toEqual([]);
    begin().ended(nats); // of going back, or of no upgrade: nothing is begun by it
    expect(begin().read()).toBeUndefined();
  });

  it('is what doctor names an interrupted upgrade by', async () => {
    expect(await interruptedCheck(folder).run()).toEqual([]);
    new Journal(folder).write({ from: '1.0.0', to: '1.1.0' });
    expect(await interruptedCheck(folder).run()).toMatchObject([
      { code: 'upgrade-interrupted', sentence: expect.stringContaining('from 1.0.0 to 1.1.0 was interrupted') },
    ]);
    new Journal(folder).end();
  });

  it('lets one upgrade in at a time, and the next one when it failed', async () => {
    const other = spawn('sh', ['-c', 'while :; do sleep 1; done', 'muster', 'upgrade'], { stdio: 'ignore' });
    try {
      writeFileSync(lock, String(other.pid));
      await expect(new Journal(folder).alone(async () => 1)).rejects.toThrow(`(process ${other.pid})`);
    } finally {
      other.kill('SIGKILL');
    }
    await new Promise((resolve) => other.once('close', resolve));
    await expect(new Journal(folder).alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
    expect(await new Journal(folder).alone(async () => 2)).toBe(2);
  });

  it('does not take another program for an upgrade that was killed', async () => {
    writeFileSync(lock, '1');
    expect(await new Journal(folder).alone(async () => 3)).toBe(3);
  });
});
