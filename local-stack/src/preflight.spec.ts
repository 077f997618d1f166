import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Layout, layout } from './layout';
import { preflight } from './preflight';
import { writeRunState } from './run-state';

let place: Layout;
let server: Server | undefined;
beforeEach(() => {
  const data = mkdtempSync(join(tmpdir(), 'muster-preflight-'));
  place = layout('/', { data, basePort: 45_000, agent: true, privilegedAgent: false });
});
afterEach(async () => {
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

describe('preflight', () => {
  it('finds nothing on a fresh folder', async () => {
    expect(await preflight(place)).toEqual([]);
  });

  it('names a taken port and the way out', async () => {
    server = createServer();
    await new Promise<void>((resolve) => server?.listen(place.ports.xmpp, '127.0.0.1', resolve));
    const [fault] = await preflight(place);
    expect(fault).toContain(String(place.ports.xmpp));
    expect(fault).toContain('--ports');
  });

  it.each([
    ['a database without a version', (): void => void mkdirSync(join(place.open, 'postgres'), { recursive: true })],
    ['secrets that cannot be read', (): void => damaged('{')],
    ['a database without its secrets', (): void => cluster('15')],
    ['a database of another version', (): void => cluster('14')],
  ])('tells of %s in one sentence with the remedy', async (_, spoil) => {
    spoil();
    const faults = await preflight(place);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('rm -r');
  });

  it('says that it already runs, with the pid', async () => {
    const state = { ready: true, console: '', caFile: '', metrics: '', parts: [] };
    writeRunState(place, state);
    expect(await preflight(place)).toEqual([]); // our own
    const foreign = await startSleeper(place);
    try {
      const [fault] = await preflight(place);
      expect(fault).toContain(`already runs here (pid ${foreign.pid})`);
    } finally {
      foreign.kill();
    }
  });
});

function cluster(version: string): void {
  mkdirSync(join(place.open, 'postgres'), { recursive: true });
  writeFileSync(join(place.open, 'postgres/PG_VERSION'), `${version}\n`);
}

function damaged(secrets: string): void {
  cluster('15');
  writeFileSync(join(place.data, 'secrets.json'), secrets);
}

/** Another living process that claims the folder. */
async function startSleeper(where: Layout): Promise<{ pid: number; kill: () => void }> {
  const { spawn } = await import('node:child_process');
  const { readFileSync } = await import('node:fs');
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const pidStart = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(where.run, 'state.json'), JSON.stringify({ pid, pidStart, ready: true, parts: [] }));
  return { pid, kill: () => child.kill() };
}
