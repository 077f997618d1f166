import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { project, run } from './commands';
import { Engine } from './engine';
import { makeImages, makeStandIns, XMPP_IMAGES } from './images';
import { Server } from './server';
import { setUpBoth } from './set-up';
import { Topology } from './topology';

declare module 'vitest' {
  interface ProvidedContext {
    work: string;
    name: string;
  }
}

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
  await setUpBoth(itsm, xmpp, topology, say);
}
