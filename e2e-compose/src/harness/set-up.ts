import { createHash } from 'node:crypto';
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands';
import { ITSM_DOMAIN } from './domain';
import { VERSION } from './images';
import type { Server } from './server';
import type { Topology } from './topology';

const BROKER_FILES = 131_072;

/** Both stacks by `muster setup`, one after the other as an administrator does, until they are healthy. */
export async function setUpBoth(
  itsm: Server,
  xmpp: Server,
  topology: Topology,
  say: (line: string) => void,
): Promise<void> {
  const places = ['--address', topology.address('itsm'), '--xmpp-address', topology.address('xmpp')];
  const names = ['--domain', ITSM_DOMAIN, ...places, '--turn', '--release', VERSION];
  await setUp(itsm, names, () => pollOften(itsm));
  say('the ITSM server is healthy');
  await setUp(xmpp, ['--join', join(itsm.folder, 'join/token')], () => openPushService(xmpp));
  say('the XMPP server is healthy');
}

/** Twice: what the machine of the tests cannot give is set in between, and a second run adds only what is missing. */
async function setUp(server: Server, args: string[], more: () => void): Promise<void> {
  // A machine for tests may be smaller than a server, and there is no DNS.
  const command = ['setup', server.engine.place, '--dir', server.folder, ...args, '--force'];
  await musterRuns(server, [...command, '--no-start']);
  await fitToMachine(server);
  server.set('HEALTH_SECONDS', '4');
  more();
  await musterRuns(server, command);
}

/** A machine for tests may not allow as many open files as a server does. */
export async function fitToMachine(server: Server): Promise<void> {
  const openFiles = Number(await run('sh', ['-c', 'ulimit -Hn | sed s/unlimited/1000000/']));
  if (openFiles < BROKER_FILES) server.set('OPEN_FILES', String(openFiles));
}

/** Devices find out what waits for them soon, also when nobody can wake them. By `.env`, like every limit. */
function pollOften(server: Server): void {
  for (const name of ['WEB_POLL_SECONDS', 'WEB_POLL_CONNECTED_SECONDS']) server.set(name, '10');
}

/** It is off until an administrator names who may use it. */
function openPushService(server: Server): void {
  const sha256 = createHash('sha256').update('a key of the tests').digest('hex');
  const keys = { keys: [{ name: 'tests', sha256, targets: ['*'] }] };
  const file = join(server.folder, 'config/push-keys.json');
  writeFileSync(file, JSON.stringify(keys), { mode: 0o640 });
  chownSync(file, 0, 10001);
  server.set('PUSH_KEYS_FILE', '/etc/muster/config/push-keys.json');
}

async function musterRuns(server: Server, args: string[]): Promise<void> {
  const { code, stdout, stderr } = await server.muster(...args);
  if (code !== 0) throw new Error(`muster ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
}
