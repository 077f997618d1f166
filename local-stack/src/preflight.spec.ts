import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Layout, layout } from './layout';
import { readOptions } from './options';
import { preflight } from './preflight';
import { writeRunState } from './run-state';

let place: Layout;
const servers: Server[] = [];
const folders: string[] = [];
beforeEach(async () => {
  place = at(newFolder(), await freeBase());
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** One that every user may enter: nothing is made in the system's folders instead. Removed after the test. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-preflight-'));
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

const at = (data: string, base: number): Layout =>
  layout('/', readOptions(['--data', data, '--ports', `${base}`], '/'));

async function listen(port: number, server: Server = createServer()): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  servers.push(server);
}

describe('preflight', () => {
  it('finds nothing on a fresh folder', async () => {
    expect(await preflight(place)).toEqual([]);
  });

  it('names a taken port and the way out', async () => {
    await listen(place.ports.xmpp);
    expect(await preflight(place)).toEqual([
      `Port ${place.ports.xmpp} is taken by something else; end it or choose other ports with --ports BASE.`,
    ]);
  });

  it('names three of many taken ports, and says when a Muster has them', async () => {
    const { http, https, xmpp, postgres, natsHub, webManager } = place.ports;
    for (const port of [http, https, xmpp, postgres, natsHub]) await listen(port);
    await listen(
      webManager,
      createHttpServer((_, reply) => void reply.setHeader('content-type', 'application/json').end('{"live":true}')),
    );
    expect(await preflight(place)).toEqual([
      `Ports ${http}, ${https}, ${xmpp} and 3 more are taken by another Muster; end it or choose other ports with --ports BASE.`,
    ]);
  });

  it('says that it already runs, with the pid', async () => {
    writeRunState(place, { ready: true, console: '', caFile: '', metrics: '', parts: [] });
    expect(await preflight(place)).toEqual([]); // our own
    const foreign = startSleeper(place);
    try {
      const [fault] = await preflight(place);
      expect(fault).toContain(`already runs here (pid ${foreign.pid})`);
    } finally {
      foreign.kill();
    }
  });

  it('tells of a file in the place of the folder', async () => {
    const file = join(place.data, 'file');
    writeFileSync(file, '');
    for (const data of [file, join(file, 'below')]) {
      expect(await preflight(at(data, 20_000))).toEqual([
        `The data folder ${data} cannot be used (there is a file in its place); choose another with --data DIR.`,
      ]);
    }
  });

  it('tells of a folder that cannot be made', async () => {
    const faults = await preflight(at('/proc/muster', 20_000));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /^The data folder \/proc\/muster cannot be used \(.+\); choose another with --data DIR\.$/,
    );
  });
});

/** A base below the ports that the kernel gives to clients, all of whose ports are free now. */
async function freeBase(): Promise<number> {
  for (;;) {
    const base = 10_000 + 1000 * Math.floor(Math.random() * 22);
    if ((await preflight(at(newFolder(), base))).length === 0) return base;
  }
}

/** Another living process that claims the folder. */
function startSleeper(where: Layout): { pid: number; kill: () => void } {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const pidStart = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(where.run, 'state.json'), JSON.stringify({ pid, pidStart, ready: true, parts: [] }));
  return { pid, kill: () => child.kill() };
}
