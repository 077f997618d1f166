import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Part } from './part';
import { inOrder, Supervisor } from './supervisor';

const part = (name: string, needs: string[] = [], script = 'setInterval(() => {}, 1000)'): Part => ({
  name,
  file: process.execPath,
  args: ['-e', script],
  env: { PATH: process.env['PATH'] ?? '' },
  needs,
  ready: async () => true,
});

let supervisor: Supervisor | undefined;
const make = (said: string[] = []): Supervisor =>
  (supervisor = new Supervisor(
    mkdtempSync(join(tmpdir(), 'muster-supervisor-')),
    () => undefined,
    (line) => said.push(line),
  ));
afterEach(() => supervisor?.stop());

const lives = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('inOrder', () => {
  it('puts every part after what it needs', () => {
    expect(inOrder([part('c', ['b']), part('a'), part('b', ['a'])]).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
  it('refuses a circle', () => {
    expect(() => inOrder([part('a', ['b']), part('b', ['a'])])).toThrow('need each other');
  });
});

describe('the supervisor', () => {
  it('restarts what dies', async () => {
    const running = make();
    await running.start([part('a')]);
    const first = running.states()[0]?.pid ?? 0;
    process.kill(first, 'SIGKILL');
    while (!running.states()[0]?.ready || running.states()[0]?.pid === first) await sleep(20);
    expect(lives(running.states()[0]?.pid)).toBe(true);
  });

  it('leaves no process behind, also none of a killed part', async () => {
    const running = make();
    const forks = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); setInterval(() => {}, 1000)`;
    await running.start([part('a', [], forks), part('b', ['a'])]);
    const pids = running.states().map(({ pid }) => pid);
    await running.stop();
    for (const pid of pids) expect(lives(pid)).toBe(false);
  });

  it('fails at once, with the end of the log, when a part ends again and again before it is ready', async () => {
    const broken = { ...part('a', [], `console.error('no such table'); process.exit(3)`), ready: async () => false };
    await expect(make().start([broken])).rejects.toThrow(
      /^a ended 5 times without getting ready; .*a\.log.*\n.*no such table/,
    );
  });

  it('tells only what this start wrote to the log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-supervisor-'));
    writeFileSync(join(folder, 'a.log'), 'of the last start\n');
    supervisor = new Supervisor(
      folder,
      () => undefined,
      () => undefined,
    );
    const broken = { ...part('a', [], 'process.exit(3)'), ready: async () => false };
    await expect(supervisor.start([broken])).rejects.toThrow(/\(nothing\)$/);
  });

  it('goes on without an optional part, and says so', async () => {
    const said: string[] = [];
    const running = make(said);
    const broken = { ...part('a', [], 'process.exit(3)'), optional: true, ready: async () => false };
    await running.start([broken, part('b')]);
    expect(running.states().map(({ name, ready }) => [name, ready])).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect(said.join('\n')).toContain('a ended 5 times without getting ready');
  });

  it('starts again what stays unready for longer than it may', async () => {
    const running = make();
    const sick = new Set<number | undefined>();
    await running.start([{ ...part('a'), restartAfterMs: 100, ready: async (pid) => !sick.has(pid) }]);
    sick.add(running.states()[0]?.pid);
    while (!running.states()[0]?.ready || sick.has(running.states()[0]?.pid)) await sleep(20);
    expect(running.states()).toMatchObject([{ ready: true, restarts: 1 }]);
  });

  it('asks the process that runs now whether it is ready', async () => {
    const asked = new Set<number>();
    const running = make();
    await running.start([{ ...part('a'), ready: async (pid) => !!asked.add(pid) }]);
    expect([...asked]).toEqual([running.states()[0]?.pid]);
  });
});
