import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Language, OperationPayload } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxPlatform } from '../platform/linux';
import type { Interpreter, Platform } from '../platform/platform';
import { makeOperation } from '../testing/operation-maker';
import { OutputSpool } from './output-spool';
import { OutputWriter } from './output-writer';
import { type RunEnd, ScriptRun } from './script-run';

const platform = new LinuxPlatform();
let folder: string;
let spool: OutputSpool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-run-'));
  spool = new OutputSpool(join(folder, 'output'), 1e7);
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(changes: Partial<OperationPayload>, graceMs = 300, on: Platform = platform): ScriptRun {
  const operation = makeOperation(changes);
  const interpreter = on.interpreter(operation.language);
  if (!interpreter) throw new Error(`no ${operation.language} here`);
  const writer = new OutputWriter('run', spool, { perOperation: 1e6 }, () => undefined);
  return new ScriptRun({ operation, interpreter, marker: 'marker-1', runs: join(folder, 'runs'), graceMs }, on, writer);
}
const output = (): string =>
  spool
    .read('run', 0)
    .chunks.map(({ text }) => text)
    .join('');
const lives = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
const pids = (): string[] => readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n');
/** A script whose whole family ignores SIGTERM: itself, a child and a grandchild. */
const stubborn = (): string => `
  trap '' TERM
  echo $$ >>${folder}/pids
  ( trap '' TERM; echo $(sh -c 'echo $PPID') >>${folder}/pids
    ( trap '' TERM; echo $(sh -c 'echo $PPID') >>${folder}/pids; sleep 300 ) & wait ) &
  while [ "$(wc -l <${folder}/pids)" -lt 3 ]; do sleep 0.05; done
  echo ready; while :; do sleep 1; done`;

describe('script run', () => {
  it.each([
    ['exit 0', { outcome: 'completed', exitCode: 0 }],
    ['exit 7', { outcome: 'failed', exitCode: 7, message: 'exit code 7' }],
    ['kill -SEGV $$', { outcome: 'failed', signal: 'SIGSEGV', message: 'ended by SIGSEGV' }],
  ])('%s', async (script, expected) => {
    expect(await start({ script }).ended).toMatchObject(expected);
    expect(readdirSync(join(folder, 'runs'))).toEqual([]);
  });

  it('where there are no groups signals nobody after its leader has ended: the number may be given again', async () => {
    const signalled: string[] = [];
    const without = new (class extends LinuxPlatform {
      override readonly groups = false;
      override signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
        signalled.push(signal);
        process.kill(leader, 'SIGKILL');
        return true;
      }
    })();
    expect(await start({ script: 'exit 0' }, 300, without).ended).toMatchObject({ outcome: 'completed' });
    expect(signalled).toEqual([]);
    const limited = start({ script: 'exec sleep 300', timeLimitSeconds: 1 }, 300, without);
    expect(await limited.ended).toMatchObject({ outcome: 'failed', message: 'ended at its time limit of 1 s' });
    expect(signalled).toEqual(['SIGTERM']);
  });

  it('puts the mark of the interpreter before the script', async () => {
    const marked = new (class extends LinuxPlatform {
      override interpreter(language: Language): Interpreter | undefined {
        const found = super.interpreter(language);
        return found && { ...found, mark: 'echo marked\n' };
      }
    })();
    expect(await start({ script: 'echo script' }, 300, marked).ended).toMatchObject({ outcome: 'completed' });
    expect(output()).toBe('marked\nscript\n');
  });

  it('at the time limit kills the whole group, though all of it ignores SIGTERM', async () => {
    const end: RunEnd = await start({ script: stubborn(), timeLimitSeconds: 1 }).ended;
    expect(end).toMatchObject({ outcome: 'failed', message: 'ended at its time limit of 1 s', signal: 'SIGKILL' });
    expect(pids()).toHaveLength(3);
    await eventually(() => pids().every((pid) => !lives(pid)));
  });

  it('on cancel likewise, and lets those who listen end in their own way', async () => {
    const run = start({ script: `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done` }, 5000);
    await eventually(() => output() === 'up\n');
    run.stop('cancelled');
    expect(await run.ended).toMatchObject({ outcome: 'cancelled', exitCode: 0 });
    expect(output()).toContain('bye');
  });

  it('leaves nothing of its group behind when the script itself ends', async () => {
    const begun = performance.now();
    const end = await start({ script: `sleep 300 & echo $! >${folder}/pids; exit 0` }).ended;
    expect(end).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(performance.now() - begun).toBeLessThan(20_000);
    await eventually(() => pids().every((pid) => !lives(pid)));
  });

  it('leaves alone what a script started in a session of its own', async () => {
    await start({ script: `setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >${folder}/pids; sleep 0.2` }).ended;
    const [pid = ''] = pids();
    expect(lives(pid)).toBe(true);
    process.kill(Number(pid), 'SIGKILL');
  });

  it('hands parameters over as they are, in a folder that is only its own', async () => {
    const value = `$(touch ${folder}/pwned) "quoted" 'x'\n; rm -rf`;
    await start({
      script: 'printf "%s|" "$MUSTER_A_B"; stat -c %a "$(dirname "$0")" "$0"; pwd',
      parameters: [{ name: 'a_b', value }],
    }).ended;
    expect(output()).toBe(`${value}|700\n700\n${join(folder, 'runs', 'marker-1')}\n`);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  it('reports an interpreter that cannot be started', async () => {
    const operation = makeOperation();
    const writer = new OutputWriter('run', spool, { perOperation: 1e6 }, () => undefined);
    const interpreter = { program: '/nowhere/sh', arguments: [], extension: 'sh' };
    const run = new ScriptRun({ operation, interpreter, marker: 'm', runs: folder, graceMs: 100 }, platform, writer);
    expect(await run.ended).toMatchObject({ outcome: 'failed', message: expect.stringContaining('ENOENT') });
  });

  it.runIf(platform.interpreter('python'))('runs Python', async () => {
    const script = 'import os, sys\nprint(os.environ["MUSTER_WHO"])\nsys.exit(4)\n';
    const end = await start({ language: 'python', script, parameters: [{ name: 'who', value: 'Łódź' }] }).ended;
    expect(end).toMatchObject({ outcome: 'failed', exitCode: 4 });
    expect(output()).toBe('Łódź\n');
  });

  it('finds the groups that a crash left by their marker, and no others', async () => {
    const mine = start({ script: `echo $$; while :; do sleep 0.1; done` });
    const pid = mine.pid ?? 0;
    await eventually(() => output() === `${pid}\n`);
    expect(platform.leftoverGroups('marker-1', pid)).toEqual([pid]);
    expect(platform.leftoverGroups('marker-1', undefined)).toEqual([pid]);
    expect(platform.leftoverGroups('marker-2', pid)).toEqual([]);
    expect(platform.leftoverGroups('marker-1', process.pid)).toEqual([]);
    mine.stop('cancelled');
    await mine.ended;
    expect(platform.leftoverGroups('marker-1', pid)).toEqual([]);
  });
});
