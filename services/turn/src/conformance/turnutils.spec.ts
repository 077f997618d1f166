import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, freePort, LOCAL, SECRET } from './engine';

const ENGINES = [
  ['the embedded server', Engine.embedded],
  ['coturn', Engine.coturn],
] as const;

/** What coturn's own client is told to do; `-y` talks between two allocations, else with turnutils_peer. */
const RUNS: ReadonlyArray<readonly [string, string[]]> = [
  ['channels, with the next port reserved for each', []],
  ['channels, one port each', ['-c']],
  ['Send and Data indications', ['-c', '-s']],
  ['DONT-FRAGMENT', ['-c', '-g']],
  ['one relayed address to another', ['-c', '-y']],
];

/** Runs a program to its end. */
async function output(file: string, args: readonly string[]): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(String(chunk)));
  const timer = setTimeout(() => child.kill('SIGKILL'), 25_000);
  await once(child, 'close');
  clearTimeout(timer);
  return chunks.join('');
}

/** The last figure that the client gives under a name. */
const figure = (text: string, name: string): number =>
  Number([...text.matchAll(new RegExp(`${name}[ =](\\d+)`, 'g'))].at(-1)?.[1] ?? Number.NaN);

describe.each(ENGINES)("coturn's clients with %s", (_name, start) => {
  let engine: Engine;
  let peer: ChildProcess;
  let peerPort: number;

  beforeAll(async () => {
    [engine, peerPort] = [await start(), await freePort()];
    peer = spawn('turnutils_peer', ['-L', LOCAL, '-p', String(peerPort)], { stdio: 'ignore' });
  });
  afterAll(async () => {
    peer.kill('SIGTERM');
    await engine.stop();
  });

  it('turnutils_stunclient learns its address', async () => {
    expect(await output('turnutils_stunclient', ['-p', String(engine.port), LOCAL])).toMatch(
      /UDP reflexive addr: 127\.0\.0\.1:\d+/,
    );
  });

  it.each(RUNS)('turnutils_uclient gets back all that it sends: %s', async (run, args) => {
    const user = ['-u', run.replace(/\W/g, ''), '-W', SECRET];
    const target = ['-p', String(engine.port), '-e', LOCAL, '-r', String(peerPort), '-n', '10', '-m', '2', '-l', '200'];
    const text = await output('turnutils_uclient', [...user, ...target, ...args, LOCAL]);
    expect(figure(text, 'tot_send_msgs'), text).toBeGreaterThanOrEqual(20);
    expect(figure(text, 'tot_recv_msgs'), text).toBe(figure(text, 'tot_send_msgs'));
    expect(text).toContain('Total lost packets 0 ');
  });

  it('turnutils_uclient is refused with another secret', async () => {
    const user = ['-u', 'ada', '-W', 'another secret altogether'];
    const target = ['-p', String(engine.port), '-e', LOCAL, '-r', String(peerPort), '-n', '1', '-m', '1', '-c'];
    const text = await output('turnutils_uclient', [...user, ...target, LOCAL]);
    expect(text).toMatch(/401|Unauth|Cannot complete Allocation/i);
    expect(text).not.toContain('Total lost packets 0 ');
  });
});
