import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { project, run } from './commands';
import { ITSM_DOMAIN } from './domain';
import { Engine } from './engine';
import { makeImages, makeStandIns, VERSION, XMPP_IMAGES } from './images';
import { Server } from './server';
import { Topology } from './topology';

declare module 'vitest' {
  interface ProvidedContext {
    work: string;
    name: string;
  }
}

const BROKER_FILES = 131_072;
const PROGRAMS = ['dockerd', 'docker', 'docker-compose', 'debootstrap', 'nsenter', 'ip', 'iptables'];

/** Two Docker engines, the images, and both stacks set up and started by `muster setup`; all of it gone at the end. */
export default async function setup(vitest: TestProject): Promise<() => Promise<void>> {
  preflight();
  const work = mkdtempSync('/var/tmp/muster-compose-');
  const name = `mc${process.pid.toString(36)}`;
  const clean = join(project, 'e2e-compose/clean.sh');
  // Outlives this process: however it ends, nothing of it stays.
  spawn(clean, [work, name, String(process.pid)], { detached: true, stdio: 'ignore' }).unref();
  const end = async (): Promise<void> => void (await run(clean, [work, name]));
  try {
    await start(work, name);
  } catch (error) {
    await end();
    throw error;
  }
  vitest.provide('work', work);
  vitest.provide('name', name);
  return end;
}

/** @throws Error saying why no engine can be started here */
function preflight(): void {
  const why = 'These tests start two Docker engines';
  if (process.platform !== 'linux') throw new Error(`${why}: that needs Linux.`);
  if (process.getuid?.() !== 0) throw new Error(`${why}: that needs root.`);
  const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (missing.length > 0) throw new Error(`${why}; these programs are missing: ${missing.join(', ')}.`);
}

async function start(work: string, name: string): Promise<void> {
  const since = Date.now();
  const say = (line: string): void => console.log(`${((Date.now() - since) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  await makeStandIns();
  say('the base images are there');
  const topology = new Topology(name);
  await topology.create();
  const engines = (['itsm', 'xmpp'] as const).map((place) => new Engine(work, name, place, topology));
  const [itsmEngine, xmppEngine] = engines as [Engine, Engine];
  const bundled = run(process.execPath, ['tools/bundle.mjs', 'cli', join(work, 'cli')], { cwd: project });
  await Promise.all([bundled, ...engines.map((engine) => engine.start())]);
  say('two engines run');
  await makeImages(itsmEngine);
  await itsmEngine.give(xmppEngine, XMPP_IMAGES);
  say('the images are made');
  const [itsm, xmpp] = [new Server(work, itsmEngine, topology), new Server(work, xmppEngine, topology)];
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
  const openFiles = Number(await run('sh', ['-c', 'ulimit -Hn | sed s/unlimited/1000000/']));
  if (openFiles < BROKER_FILES) server.set('OPEN_FILES', String(openFiles));
  server.set('HEALTH_SECONDS', '4');
  more();
  await musterRuns(server, command);
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
