import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistrationKey, listLogs, LIVE_PATH, type LogPage } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Api } from './harness/api';
import { until } from './harness/commands';
import { DockerOnly } from './harness/docker-only';
import { ITSM_DOMAIN } from './harness/domain';
import { Load, type LoadResult, type LoadTarget } from './harness/load';
import { VERSION } from './harness/images';
import { untilPresence } from './harness/procedures';
import { Releases } from './harness/releases';
import { asAdmin, itsm, machine, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';
import type { Server } from './harness/server';

const BASE = ITSM_DOMAIN.replace(/^[^.]+\./, '');
const MIGRATION = 'AssetNumbers1893456000000';
/** One spool of one device: numbers that come twice or not at all would show. */
const SPOOL = '0d2c5a3e-6f0a-4c51-9d39-0f3c3f0a7b11';
/** What a person notices of a console that lost its WebSocket, at most. */
const WEBSOCKET_MS = 5_000;

const host = machine('machine-upgrade');
const passphrase = join(inject('work'), 'passphrase');
let admin: Api;
let releases: Releases;
let device: { id: string; key: string; cert: string };

beforeAll(async () => {
  await startFrom({ version: VERSION });
  writeFileSync(passphrase, 'a passphrase of the tests\n', { mode: 0o600 });
  admin = await asAdmin();
  const folder = join(inject('work'), 'releases');
  mkdirSync(folder);
  releases = await Releases.withKey(itsm.engine, folder);
  const key = await admin.call(createRegistrationKey, { body: { name: 'upgrade' } });
  const line = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install')?.line;
  for (const one of [first, second]) await one.install();
  await host.start();
  expect(await host.paste(line ?? '')).toMatchObject({ code: 0 });
  const identity = JSON.parse(host.read('/var/lib/muster-agent/identity.json')) as { deviceId: string; chain: string };
  device = { id: identity.deviceId, key: host.read('/var/lib/muster-agent/device.key'), cert: identity.chain };
  await untilPresence(admin, device.id, ['online']);
}, 600_000);
afterAll(() => host.stop());

const upgrade = (release: string, ...more: string[]): string[] => [
  ...['upgrade', '--dir', itsm.folder, '--release-dir', release, '--release-key', releases.publicKey, ...more],
];
const version = (server: Server = itsm): string => server.version ?? '';
/** The administrators of servers without Node.js. */
const [first, second] = [new DockerOnly(itsm, topology), new DockerOnly(xmpp, topology)];
/** Image and container of every service. */
const running = async (server: Server = itsm): Promise<Record<string, string>> =>
  Object.fromEntries([...(await server.containers())].map(([name, { Id, Config }]) => [name, `${Config.Image} ${Id}`]));
const images = async (server: Server = itsm): Promise<Record<string, string>> =>
  Object.fromEntries([...(await server.containers())].map(([name, { Config }]) => [name, Config.Image]));
const sql = async (query: string): Promise<string> => {
  const psql = 'PGPASSWORD=$(cat /run/secrets/postgres-admin) psql -h 127.0.0.1 -U muster_admin -d postgres -Atc';
  return (await itsm.inside('postgres', 'sh', '-c', `${psql} "${query}"`)).trim();
};
const columnThere = async (): Promise<boolean> =>
  (await sql(
    "select count(*) from information_schema.columns where table_schema='core' and column_name='asset_number'",
  )) === '1';

/** Paths of every service, asked as the console does and, from the devices' network, as agents do. */
async function underLoad<T>(work: () => Promise<T>): Promise<{ result: T; load: LoadResult[] }> {
  const ca = readFileSync(join(itsm.folder, 'authority/roots/root-1.crt'), 'utf8');
  const common = { address: topology.address('itsm'), ca, everyMs: 500 };
  const loads = [
    await Load.start([], { ...common, targets: consoleTargets() }),
    await Load.start(['nsenter', ...topology.at('devices')], { ...common, targets: deviceTargets() }),
  ];
  try {
    const result = await work();
    return { result, load: (await Promise.all(loads.map((load) => load.stop()))).flat() };
  } catch (error) {
    await Promise.all(loads.map((load) => load.stop()));
    throw error;
  }
}

function consoleTargets(): LoadTarget[] {
  const headers = admin.credentials;
  const paths = [
    '/api/devices',
    '/auth/session',
    '/rmm/logs',
    '/plugins/software',
    '/audit/entries',
    '/downloads/releases',
  ];
  const live = { name: LIVE_PATH, host: ITSM_DOMAIN, path: LIVE_PATH, live: true as const };
  return [
    ...[...paths, '/ca.crt', '/'].map((path) => ({ name: path, host: ITSM_DOMAIN, path, headers })),
    { ...live, headers: { ...headers, origin: `https://${ITSM_DOMAIN}` } },
  ];
}

function deviceTargets(): LoadTarget[] {
  const { key, cert } = device;
  const sync = { agentVersion: '0.1.0', mapVersion: 0, capacity: 0, reports: [], holding: [] };
  const log = '{"kind":"log","sequence":{sequence},"takenAt":"{now}","level":"info","message":"under load"}';
  const post = { method: 'POST', key, cert };
  return [
    { ...post, name: '/sync', host: `work.${BASE}`, path: '/sync', body: JSON.stringify(sync) },
    {
      ...post,
      ...{ name: '/reports/rmm', host: `rmm-api.${BASE}`, path: '/reports/rmm' },
      body: `{"spool":"${SPOOL.slice(0, -2)}${String(++spools).padStart(2, '0')}","sentAt":"{now}","reports":[${log}]}`,
    },
    { name: 'digests', host: `plugins-api.${BASE}`, path: '/reports/inventory/digests', key, cert },
    {
      ...post,
      ...{ name: '/releases/wanted', host: `dl.${BASE}`, path: '/releases/wanted' },
      body: '{"version":"0.1.0","platform":"any"}',
    },
  ];
}
let spools = 10;

function expectNoFailure(load: LoadResult[]): void {
  console.log(
    load
      .map(
        ({ name, sent, slowestMs, gaps }) =>
          `${name}: ${sent} sent, slowest ${slowestMs} ms${gaps.length ? `, gone for ${gaps.join(', ')} ms` : ''}`,
      )
      .join('\n'),
  );
  expect(load.flatMap(({ name, failures }) => failures.map((failure) => ({ name, ...failure })))).toEqual([]);
  for (const { name, sent, answered, gaps } of load) {
    expect({ name, sent }).toMatchObject({ sent: expect.toSatisfy((count: number) => count > 0) });
    if (name !== LIVE_PATH) expect({ name, answered }).toEqual({ name, answered: sent });
    for (const gap of gaps) expect(gap).toBeLessThan(WEBSOCKET_MS);
  }
}

/** Waits until log lines that were answered are stored. @returns how many there are */
async function storedLogs(count: number): Promise<number> {
  let stored = 0;
  await until(`${count} lines are stored`, async () => {
    let [found, after]: [number, string | undefined] = [0, undefined];
    do {
      const query: Record<string, string | number> = {
        deviceId: device.id,
        search: 'under load',
        size: 500,
        ...(after ? { after } : {}),
      };
      const page: LogPage = await admin.call(listLogs, { query });
      found += page.entries.length;
      after = page.next;
    } while (after);
    if (found < count) throw new Error(`there are ${found}`);
    stored = found;
    return true;
  });
  return stored;
}
let logs = 0;

describe('an upgrade that is refused changes nothing', () => {
  const cases: [string, () => Promise<string[]>, number, RegExp][] = [
    [
      'whose manifest was changed after it was signed',
      async () => {
        const release = await releases.make({ version: '0.1.5' });
        const forged = `${release}-forged`;
        cpSync(release, forged, { recursive: true });
        const file = join(forged, 'release.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"0.1.5', '"0.1.6').replace('0.1.5', '0.1.6'));
        return upgrade(forged, '--no-backup');
      },
      65,
      /release\.json is not signed by a release key that is trusted here/,
    ],
    [
      'that would skip a version',
      async () => upgrade(await releases.make({ version: '0.3.0', oldestFrom: '0.2.0' }), '--no-backup'),
      78,
      /0\.3\.0 can be reached from 0\.2\.0 or later, and 0\.1\.0 runs/,
    ],
    [
      'to an older version',
      async () => upgrade(await releases.make({ version: '0.0.9', oldestFrom: '0.0.1' }), '--no-backup'),
      78,
      /0\.0\.9 is older than 0\.1\.0/,
    ],
    [
      'whose images are nowhere',
      async () => {
        const release = await releases.make({ version: '0.1.7' });
        await releases.forget('0.1.7');
        return upgrade(release, '--no-backup');
      },
      66,
      /The image muster\/\S+:0\.1\.7 is neither here nor to be had/,
    ],
  ];
  it.each(cases)('%s', async (_what, prepare, code, sentence) => {
    const args = await prepare();
    const before = { running: await running(), env: readFileSync(join(itsm.folder, '.env'), 'utf8') };
    const refused = await itsm.muster(...args);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toMatch(sentence);
    expect({ running: await running(), env: readFileSync(join(itsm.folder, '.env'), 'utf8') }).toEqual(before);
    expect(existsSync(join(itsm.folder, 'upgrade.lock'))).toBe(false);
  });
});

describe('an upgrade under load', () => {
  it('replaces every service without a failed request, and runs a real migration', async () => {
    const next = await releases.make({
      ...{ version: '0.1.1', changed: { web: 'with-migration' }, archives: true },
      migrations: { core: [MIGRATION] },
    });
    const checked = await itsm.muster(...upgrade(next, '--check'));
    expect(checked, checked.stderr).toMatchObject({ code: 0 });
    expect(checked.stdout).toContain('can be loaded from images-itsm.tar');
    expect(await columnThere()).toBe(false);
    const { result, load } = await underLoad(() =>
      itsm.muster(...upgrade(next, '--passphrase-file', passphrase, '--json')),
    );
    console.log(result.stderr);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expectNoFailure(load);
    const told = JSON.parse(result.stdout) as { replaced: { service: string }[]; pauses: unknown[]; backup: string };
    expect(told).toMatchObject({ from: '0.1.0', to: '0.1.1', pauses: [], migrations: [`core.${MIGRATION}`] });
    expect(told.replaced.map(({ service }) => service)).toEqual([
      ...['key-manager', 'web-manager', 'web-worker', 'rmm-logs', 'plugins', 'audit-logs', 'downloads', 'bip'],
    ]);
    expect(existsSync(told.backup)).toBe(true);
    expect(version()).toBe('0.1.1');
    expect(await first.muster(['--version'])).toMatchObject({ code: 0, stdout: `${VERSION}\n` }); // no server is asked for
    expect(await first.muster(['--version'], { cwd: itsm.folder })).toMatchObject({ code: 0, stdout: '0.1.1\n' });
    expect(await columnThere()).toBe(true);
    // What does the same was left alone, and says so.
    expect(await images()).toMatchObject({
      nats: 'muster/nats:0.1.0',
      web: 'muster/edge:0.1.0',
      plugins: 'muster/plugins:0.1.1',
    });
    await until('everything is well', async () => (await itsm.unwell()).length === 0);
    logs += load.find(({ name }) => name === '/reports/rmm')?.answered ?? 0;
    expect(await storedLogs(logs)).toBe(logs);
    await untilPresence(admin, device.id, ['online']);
  });

  it('is complete: compose has nothing to do afterwards, and neither has muster', async () => {
    const before = await running();
    await itsm.compose('up', '--detach');
    const { database: _before, ...others } = before;
    expect(await running()).toMatchObject(others);
    const again = await itsm.muster(
      'upgrade',
      '--dir',
      itsm.folder,
      '--release-dir',
      join(inject('work'), 'releases/release-0.1.1'),
    );
    expect(again).toMatchObject({ code: 0, stdout: '0.1.1 runs already.\n' });
  });

  it('goes back by itself when a service does not become ready', async () => {
    const broken = await releases.make({
      ...{ version: '0.1.2', oldestFrom: '0.1.1', changed: { web: 'never-ready' } },
      migrations: { core: [MIGRATION] },
    });
    const before = { images: await images(), env: readFileSync(join(itsm.folder, '.env'), 'utf8') };
    const { result, load } = await underLoad(() => itsm.muster(...upgrade(broken, '--no-backup', '--wait', '20')));
    console.log(result.stderr);
    expect(result).toMatchObject({ code: 69, stdout: '' });
    expect(result.stderr).toMatch(
      /web-manager 0\.1\.2 was not ready within 20 seconds; the last it said: Waiting for what never comes\. Everything is at 0\.1\.1 again\./,
    );
    expectNoFailure(load);
    expect({ images: await images(), env: readFileSync(join(itsm.folder, '.env'), 'utf8') }).toEqual(before);
    await until('everything is well', async () => (await itsm.unwell()).length === 0);
    expect(existsSync(join(itsm.folder, '.env.upgrade'))).toBe(false);
  });
});

describe('an upgrade of what everything stands on', () => {
  const changed = {
    web: 'with-migration',
    nats: 'changed',
    postgres: 'changed',
    edge: 'changed',
    'push-broker': 'changed',
  };
  let release: string;
  beforeAll(async () => {
    release = await releases.make({ version: '0.1.3', changed, migrations: { core: [MIGRATION] } });
  });

  it('that is killed on its way goes on where it was, and measures its pauses', async () => {
    const said = await itsm.musterKilledAt('rmm-logs …', ...upgrade(release, '--no-backup'));
    expect(said).toContain('web-worker: 0.1.3 works');
    expect(version()).toBe('0.1.1');
    const { result, load } = await underLoad(() => itsm.muster(...upgrade(release, '--no-backup', '--json')));
    console.log(result.stderr);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    const { pauses } = JSON.parse(result.stdout) as { pauses: { services: string[]; seconds: number }[] };
    expect(pauses.map(({ services }) => services)).toEqual([['nats'], ['postgres'], ['web', 'anchors']]); // NATS before it was killed
    for (const { seconds } of pauses) expect(seconds).toBeGreaterThan(0);
    const failed = load.map(({ name, failures, sent }) => `${name}: ${failures.length} of ${sent} failed`);
    console.log(
      `with pauses of ${pauses.map(({ services, seconds }) => `${services.join(', ')} ${seconds} s`).join('; ')}:\n${failed.join('\n')}`,
    );
    expect(version()).toBe('0.1.3');
    expect(Object.values(await images()).filter((image) => !image.endsWith(':0.1.3'))).toEqual([]);
    await until('everything is well', async () => (await itsm.unwell()).length === 0);
    logs += load.find(({ name }) => name === '/reports/rmm')?.answered ?? 0;
  });

  const ofXmpp = () =>
    upgrade(release, '--no-backup', '--json').map((word) => (word === itsm.folder ? xmpp.folder : word));
  const give = (...names: string[]) =>
    itsm.engine.give(
      xmpp.engine,
      names.map((name) => `muster/${name}:0.1.3`),
    );

  it('is refused where the command of that version cannot be had, which a server with Docker alone would be left without', async () => {
    await give('push-broker', 'nats', 'coturn');
    const before = await running(xmpp);
    const refused = await second.muster([...ofXmpp(), '--to', '0.1.3']);
    expect(refused).toMatchObject({ code: 66, stdout: '' });
    expect(refused.stderr).toContain('The image muster/cli:0.1.3 is neither here nor to be had');
    expect([await running(xmpp), version(xmpp)]).toEqual([before, VERSION]);
  });

  it('comes to the XMPP server by its own image, whose devices are back after the pause that was told', async () => {
    await give('cli');
    const result = await second.muster([...ofXmpp(), '--to', '0.1.3']);
    console.log(result.stderr);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    const { pauses } = JSON.parse(result.stdout) as { pauses: { services: string[]; seconds: number }[] };
    // Also what did not change: the Compose of the image writes other marks than docker-compose, which set this server up.
    const paused = pauses.flatMap(({ services }) => services);
    expect(paused).toEqual(expect.arrayContaining(['nats', 'push-broker']));
    expect(version(xmpp)).toBe('0.1.3');
    expect(await second.muster(['--version'], { cwd: xmpp.folder })).toMatchObject({ code: 0, stdout: '0.1.3\n' });
    expect(readFileSync(join(xmpp.folder, 'muster'), 'utf8')).toContain('\nusual_image=muster/cli:0.1.3\n');
    expect((await images(xmpp))['coturn']).toBe('muster/coturn:0.1.0');
    await until('everything is well', async () => (await xmpp.unwell()).length === 0);
    await untilPresence(admin, device.id, ['online']);
    await storedLogs(logs);
  });
});
