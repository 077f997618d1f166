import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createProcedure, createRegistrationKey, listDevices, runProcedure, verifyAudit } from '@muster/contracts';
import { SimulatedDevice } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Api } from './harness/api';
import {
  changedTables,
  filesIn,
  keptBy,
  type Queue,
  queuesOf,
  rowsBySchema,
  sequencesOf,
  type Tables,
  tablesOf,
} from './harness/census';
import { until } from './harness/commands';
import { ITSM_DOMAIN } from './harness/domain';
import { VERSION } from './harness/images';
import { runOn, untilPresence } from './harness/procedures';
import { Releases } from './harness/releases';
import { asAdmin, asAdminAgain, itsm, machine, topology } from './harness/servers';
import { startFrom } from './harness/starting-point';

/** A release whose `web` has one migration more. */
const LATER = '0.1.9';
const MIGRATION = 'AssetNumbers1893456000000';
const PACKAGES = '/var/lib/muster/packages';
/** Devices that report, besides the one whose agent is real, and lines of each. */
const [REPORTING, LINES] = [10, 40];
/** Of the server's folder: what a restore makes fit the version, and what is documented to be in no backup. */
const NOT_COMPARED = /^(\.env|docker-compose\.yml|muster|backups|releases|before-restore-.*)$/;

const away = join(dirname(itsm.folder), 'away-newer');
const file = join(away, 'itsm.backup');
const passphrase = join(away, 'passphrase');
const host = machine('restored');

/** Tables that a restore, a migration or a start writes to; no other may differ from the backup. */
const OF_A_START = [
  /^core\.migrations$/, // the one that this version has more
  /^identity\.(revocation_counter|sessions)$/, // the restore raises the one and ends the others
  /^core\.(leases|broker_nodes)$/, // which process does what only one may do; the broker reports anew
  /^core\.(devices|device_connections)$/, // what it reports of devices, whose network is cut meanwhile
  /^core\.operations$/, // one waits for its device, which is told again
  // What had been told when the backup was made, and was heard of only after the restore.
  ...[/\.outbox$/, /^audit\.(entries|chains|heads|device_names|receipts)/, /^plugins\.(devices|products|titles)/],
  /^core\.device_(facts|inventory)$/,
  /^rmm_logs\.samples_hourly/, // hours are summed up again
];
/** Of these there may be fewer rows. */
const PASSING = /\.(sessions|leases|outbox)$/;

interface Census {
  tables: Tables;
  sequences: Record<string, number | null>;
  queues: Record<string, Queue>;
  packages: string;
  files: Record<string, string>;
}
let admin: Api;
let releases: Releases;
let device: { id: string; identity: string; key: string };
/** The server at the moment of its backup. */
let source: Census;

beforeAll(async () => {
  await startFrom({ version: VERSION });
  mkdirSync(away, { recursive: true });
  writeFileSync(passphrase, 'a passphrase of the tests\n', { mode: 0o600 });
  const folder = join(inject('work'), 'releases-restored');
  mkdirSync(folder);
  releases = await Releases.withKey(itsm.engine, folder);
  await releases.make({
    version: LATER,
    changed: { web: 'with-migration' },
    migrations: { core: [MIGRATION] },
  });
  admin = await asAdmin();
  const key = await admin.call(createRegistrationKey, { body: { name: 'restored' } });
  const line = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install')?.line;
  await host.start();
  expect(await host.paste(line ?? '')).toMatchObject({ code: 0 });
  const identity = host.read('/var/lib/muster-agent/identity.json');
  device = {
    id: (JSON.parse(identity) as { deviceId: string }).deviceId,
    ...{ identity, key: host.read('/var/lib/muster-agent/device.key') },
  };
  await untilPresence(admin, device.id, ['online']);
  for (const word of ['one', 'two', 'three']) await runOn(admin, device.id, `echo ${word}`);
  await fill(key.key ?? '');
  await itsm.inside('downloads', 'sh', '-c', `head -c 3000000 /dev/urandom >${PACKAGES}/package`);
}, 900_000);
afterAll(async () => {
  host.stop();
  for (const server of ['itsm', 'xmpp'] as const) await topology.mend('devices', server).catch(() => undefined);
});

/** Devices with reports, and one that is asked for something that it never hears of. */
async function fill(registrationKey: string): Promise<void> {
  const anchors = [readFileSync(join(itsm.folder, 'authority/roots/root-1.crt'), 'utf8')];
  const front = { address: topology.address('itsm'), port: 443, hostName: ITSM_DOMAIN, anchors };
  let last = '';
  for (let number = 0; number < REPORTING; number += 1) {
    const one = await SimulatedDevice.create({ front });
    last = (await one.enrol(registrationKey)).certificate.deviceId;
    const lines = Array.from({ length: LINES }, (_, line) => ({ kind: 'log', level: 'info', message: `line ${line}` }));
    await one.reportTo('rmm', lines);
  }
  const about = { name: 'waits', description: '', language: 'sh' as const, script: 'true', parameters: [] };
  const { id: procedureId } = await admin.call(createProcedure, { body: { ...about, timeLimitSeconds: 60 } });
  await admin.call(runProcedure, { body: { procedureId, deviceIds: [last] } });
  await until('all lines are stored', async () => {
    const { rmm_logs: rows = 0 } = rowsBySchema(await tablesOf(itsm));
    return rows >= REPORTING * LINES;
  });
}

/** Everything stands still but what a backup is made with, so that a count is one of its very moment. */
async function standingStill<T>(work: () => Promise<T>): Promise<T> {
  const working = [...(await itsm.containers())].filter(
    ([name, { State }]) => !['postgres', 'nats', 'downloads'].includes(name) && State.Status === 'running',
  );
  const ids = working.map(([, { Id }]) => Id);
  await itsm.engine.docker('pause', ...ids);
  try {
    return await work();
  } finally {
    await itsm.engine.docker('unpause', ...ids);
  }
}

/** @param like of which columns the tables are compared */
const census = async (like?: Tables): Promise<Omit<Census, 'packages'>> => ({
  tables: await tablesOf(itsm, like),
  sequences: await sequencesOf(itsm),
  queues: await queuesOf(itsm),
  files: filesIn(itsm.folder, NOT_COMPARED),
});

describe('a backup of one version on a fresh host of the next, which has a migration', () => {
  it('is made of a server of which everything is counted', async () => {
    source = await standingStill(async () => {
      const args = ['backup', file, '--dir', itsm.folder, '--passphrase-file', passphrase, '--json'];
      const before = await census();
      expect(await itsm.muster(...args)).toMatchObject({ code: 0 });
      // Nothing moved while it was made: the count is that of the backup's moment.
      expect(await census()).toEqual(before);
      return { ...before, packages: await keptBy(itsm, 'downloads', PACKAGES) };
    });
    const { tables, queues, files, packages } = source;
    const schemas = new Set(Object.keys(tables).map((name) => name.split('.')[0]));
    expect([...schemas].sort()).toEqual(['audit', 'core', 'downloads', 'identity', 'plugins', 'rmm_logs']);
    const rows = rowsBySchema(tables);
    const messages = Object.entries(queues).map(([name, queue]) => `${name} ${queue.messages}`);
    console.log(
      `${Object.keys(tables).length} tables:`,
      rows,
      messages.join(', '),
      `${Object.keys(files).length} files`,
    );
    for (const schema of ['audit', 'core', 'identity', 'rmm_logs']) expect(rows[schema], schema).toBeGreaterThan(10);
    expect(tables['core.devices']?.rows).toBeGreaterThan(REPORTING);
    expect(tables['core.operations']?.rows).toBeGreaterThan(3);
    expect(queues['EVENTS']?.messages).toBeGreaterThan(0);
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['certs/cert.crt', 'certs/cert.key']));
    expect(packages).toContain('./package');
  });

  it('brings back every row of every table, every message and every file', async () => {
    for (const server of ['itsm', 'xmpp'] as const) await topology.cut('devices', server);
    await itsm.compose('down', '--volumes');
    rmSync(itsm.folder, { recursive: true });
    const args = ['restore', file, '--dir', itsm.folder, '--passphrase-file', passphrase, '--no-start', '--json'];
    const restored = await itsm.musterOf(LATER, ...args);
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(restored.stdout)).toMatchObject({
      started: false,
      version: LATER,
      manifest: { version: VERSION },
    });
    const found = await census();
    expect(Object.keys(found.tables).sort()).toEqual(Object.keys(source.tables).sort());
    // The restore itself ends all sessions, and raises the number of revocations.
    expect(changedTables(source.tables, found.tables)).toEqual(['identity.revocation_counter', 'identity.sessions']);
    expect(found.tables['identity.sessions']?.rows).toBe(0);
    expect(found.tables['identity.revocation_counter']?.rows).toBe(1);
    expect(found.sequences).toEqual(source.sequences);
    expect(found.queues).toEqual(source.queues);
    expect(found.files).toEqual(source.files);
  });

  it('is migrated at its start, which changes nothing else but what services do at every start', async () => {
    await itsm.compose('up', '--detach');
    await until('the server is well', async () => (await itsm.unwell()).length === 0, 300);
    expect((await itsm.containers()).get('web-manager')?.Config.Image).toBe(`muster/web:${LATER}`);
    const found = await tablesOf(itsm, source.tables);
    const changed = changedTables(source.tables, found);
    expect(changed).toEqual(expect.arrayContaining(['core.migrations', 'identity.sessions']));
    const rows = (name: string): number[] => [source, { tables: found }].map(({ tables }) => tables[name]?.rows ?? 0);
    console.log(changed.map((name) => `${name}: ${rows(name).join(' -> ')}`).join('\n'));
    expect(changed.filter((name) => !OF_A_START.some((one) => one.test(name)))).toEqual([]);
    for (const name of changed.filter((one) => !PASSING.test(one))) {
      const [before = 0, after = 0] = rows(name);
      expect(after, name).toBeGreaterThanOrEqual(before);
    }
    const [before = 0, after = 0] = rows('core.migrations');
    expect(after).toBe(before + 1);
    const columns = (await tablesOf(itsm))['core.devices']?.columns ?? [];
    expect(columns).toEqual([...(source.tables['core.devices']?.columns ?? []), 'asset_number']);
    expect(await keptBy(itsm, 'downloads', PACKAGES)).toBe(source.packages);
  });

  it('has the device back without a touch, which does what it is asked', async () => {
    for (const server of ['itsm', 'xmpp'] as const) await topology.mend('devices', server);
    await expect(admin.call(listDevices)).rejects.toThrow('answered 401');
    admin = await asAdminAgain();
    await untilPresence(admin, device.id, ['online']);
    expect((await runOn(admin, device.id, 'echo migrated')).output).toBe('migrated\n');
    expect(host.read('/var/lib/muster-agent/identity.json')).toBe(device.identity);
    expect(host.read('/var/lib/muster-agent/device.key')).toBe(device.key);
    await until('the audit chain is whole', async () => {
      const { intact, faults, checkedTo } = await admin.call(verifyAudit, { body: {} });
      expect(faults).toEqual([]);
      return intact && checkedTo > 0;
    });
    expect(readFileSync(join(itsm.folder, '.env'), 'utf8')).toContain(`MUSTER_VERSION=${LATER}`);
  });
});
