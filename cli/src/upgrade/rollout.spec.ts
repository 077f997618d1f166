import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CapturedTerminal } from '../testing/captured-terminal';
import { testFolder } from '../testing/folder';
import { SimulatedDocker } from '../testing/simulated-docker';
import { Edge } from './edge';
import { Engine } from './engine';
import { fingerprintOf } from './fingerprint';
import { Journal } from './journal';
import { Recreator } from './recreate';
import { Replacer } from './replace';
import type { Release } from './release';
import { Rollout } from './rollout';
import { ComposeProject } from './stack-files';
import { placeFiles, presentTarget } from './staged-files';

// Nothing here takes time by itself.
vi.mock('node:timers/promises', () => ({ setTimeout: () => new Promise((resolve) => setImmediate(resolve)) }));

const released = join(import.meta.dirname, '../../../compose/itsm/docker-compose.yml');
const compose = readFileSync(released, 'utf8');
const SERVICES = ['key-manager', 'web-manager', 'web-worker', 'rmm-logs', 'plugins', 'audit-logs', 'downloads', 'bip'];
const STANDING = ['nats', 'postgres', 'edge'];
const root = testFolder();
let folder = '';
let docker: SimulatedDocker;
let count = 0;

/** Fingerprints as the simulated images have them; those that changed have others. */
function release(changed: readonly string[] = []): Release {
  const sameAs = (name: string): string => fingerprintOf({ Id: '', RootFS: { Layers: [name] }, Config: {} });
  const images = [...STANDING, 'web', 'key-manager'].map((name) => ({
    name,
    fingerprint: changed.includes(name) ? createHash('sha256').update('changed').digest('hex') : sameAs(name),
  }));
  const manifest = { purpose: 'suite-release', product: 'muster', version: '1.1.0', oldestFrom: '1.0.0' } as const;
  return { folder: '', manifest: { ...manifest, images, migrations: [], files: [], archives: [] } };
}

function rollout(readySeconds = 60): Rollout {
  const engine = new Engine('itsm', docker);
  const project = new ComposeProject(folder, 'itsm', docker);
  const replacer = new Replacer(engine, project, new Edge(engine), { readySeconds, drainSeconds: 1 });
  const recreator = new Recreator(engine, project, replacer, {}, readySeconds);
  return new Rollout({ engine, compose: project, replacer, recreator, terminal: new CapturedTerminal() });
}
const images = (): Record<string, string> =>
  Object.fromEntries(docker.containers.map(({ service, Config }) => [service, Config.Image]));
const present = () => presentTarget(folder, '1.0.0');

beforeEach(async () => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  copyFileSync(released, join(folder, 'docker-compose.yml'));
  writeFileSync(join(folder, '.env'), 'MUSTER_VERSION=1.0.0\n');
  docker = new SimulatedDocker();
  await new ComposeProject(folder, 'itsm', docker).run(present(), ['up', ...Object.keys(await services())]);
  docker.changes.length = 0;
});
async function services(): Promise<Record<string, string>> {
  return Object.fromEntries((await new ComposeProject(folder, 'itsm', docker).hashes(present())).entries());
}

/** At no moment is a service without a process that gets requests and answers them. */
function watchServing(): string[] {
  const gaps: string[] = [];
  docker.before = (change) =>
    gaps.push(
      ...SERVICES.filter((service) => docker.serving(service).length === 0).map((service) => `${service} at ${change}`),
    );
  return gaps;
}

describe('a roll-out', () => {
  it('replaces services one by one, none of which is ever away, and leaves alone what does the same', async () => {
    const gaps = watchServing();
    const one = rollout();
    const report = await one.forward(await one.stage(compose, release()));
    expect(report.replaced.map(({ service }) => service)).toEqual(SERVICES);
    expect(report.pauses).toEqual([]);
    expect(gaps).toEqual([]);
    expect(images()).toMatchObject({ nats: 'muster/nats:1.0.0', web: 'muster/edge:1.0.0', bip: 'muster/bip:1.1.0' });
    expect(docker.containers).toHaveLength(SERVICES.length + 5);
    placeFiles(folder, '1.0.0');
    const before = docker.changes.length;
    expect((await rollout().forward(presentTarget(folder, '1.1.0'))).replaced).toHaveLength(SERVICES.length);
    expect(docker.changes.slice(before).filter((change) => !change.includes(' database '))).toEqual([]);
  });

  it('makes anew what changed of that which cannot run twice, NATS first and the edge last', async () => {
    const one = rollout();
    const { pauses } = await one.forward(await one.stage(compose, release(STANDING)));
    expect(pauses.map((pause) => pause.services)).toEqual([['nats'], ['postgres'], ['web', 'anchors']]);
    expect(Object.values(images()).filter((image) => !image.endsWith(':1.1.0'))).toEqual([]);
  });

  it('keeps the number of processes', async () => {
    await new ComposeProject(folder, 'itsm', docker).run(present(), [
      'up',
      '--no-recreate',
      '--scale',
      'web-worker=3',
      'web-worker',
    ]);
    const one = rollout();
    await one.forward(await one.stage(compose, release()));
    expect(docker.of('web-worker').map(({ Config }) => Config.Image)).toEqual(Array(3).fill('muster/web:1.1.0'));
  });

  it.each(['key-manager', 'plugins', 'nats', 'edge'])('goes back when %s does not become ready', async (name) => {
    const before = images();
    docker.broken.add(`muster/${name}:1.1.0`);
    const gaps = watchServing();
    const one = rollout(0.05);
    await expect(one.forward(await one.stage(compose, release(STANDING)))).rejects.toThrow(
      'the last it said: the last words',
    );
    await one.back(present());
    expect(images()).toEqual(before);
    expect(docker.containers).toHaveLength(Object.keys(before).length);
    expect(gaps).toEqual([]);
  });

  it('that is interrupted on its way, wherever that is, comes to its end when it is begun again', async () => {
    const whole = rollout();
    await whole.forward(await whole.stage(compose, release(STANDING)));
    const [steps, wanted] = [docker.changes.length, images()];
    expect(steps).toBeGreaterThan(30);
    for (let step = 0; step < steps; step += 4) {
      docker = new SimulatedDocker();
      await new ComposeProject(folder, 'itsm', docker).run(present(), ['up', ...Object.keys(await services())]);
      docker.changes.length = 0;
      let left = step;
      docker.before = () => {
        if (left-- === 0) throw new Error('killed');
      };
      const journal = new Journal(folder);
      journal.write({ from: '1.0.0', to: '1.1.0' });
      const killed = rollout();
      await expect(killed.forward(await killed.stage(compose, release(STANDING)), journal)).rejects.toThrow('killed');
      const again = rollout();
      journal.write({ from: '1.0.0', to: '1.1.0', pauses: journal.pauses() });
      await again.forward(await again.stage(compose, release(STANDING)), journal);
      const told = journal.pauses().flatMap((pause) => pause.services);
      expect([...new Set(told)], `killed before change ${step}`).toEqual(['nats', 'postgres', 'web', 'anchors']);
      journal.end();
      expect(images(), `killed before change ${step}`).toEqual(wanted);
      expect(docker.containers, `killed before change ${step}`).toHaveLength(Object.keys(wanted).length);
    }
  }, 60_000);
});
