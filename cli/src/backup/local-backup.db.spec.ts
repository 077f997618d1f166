import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../core/run';
import { CapturedTerminal } from '../testing/captured-terminal';
import { testFolder } from '../testing/folder';
import { LocalFolder, servicesFolder } from '../testing/local-folder';
import { muster } from '../testing/muster';
import { JetStreams } from './sources/jet-streams';
import type { Restored } from './restore/restore-backup';

const MIGRATION = 'AssetNumbers1893456000000';
const root = testFolder();
chmodSync(root, 0o755); // processes without rights pass through
const [first, second] = [join(root, 'first'), join(root, 'second')];
const [file, passphrase] = [join(root, 'today.backup'), join(root, 'passphrase')];
const device = randomUUID();
let stack: LocalFolder;
let other = 0;

const withPassphrase = ['--passphrase-file', passphrase];
/** As a later version of the command. */
async function later(...words: string[]): Promise<{ code: number; printed: string; told: string }> {
  const terminal = new CapturedTerminal();
  const code = await run(words, terminal, { MUSTER_VERSION: '1.3.0' });
  return { code, printed: terminal.printed, told: terminal.told };
}
const streamsOf = async ({ ground: { ready } }: LocalFolder, at: 'hub' | 'leaf'): Promise<JetStreams> =>
  JetStreams.connect({ url: ready.nats[at], user: 'backup', password: ready.nats.password });
async function lastOf(folder: LocalFolder, at: 'hub' | 'leaf', stream: string): Promise<number> {
  const streams = await streamsOf(folder, at);
  try {
    return (await streams.info(stream)).state.last_seq;
  } finally {
    await streams.close();
  }
}
const revokedAt = async (folder: LocalFolder): Promise<Date | null | undefined> =>
  (await folder.sql<{ at: Date | null }>('SELECT revoked_at AS at FROM identity.devices WHERE id = $1', [device]))[0]
    ?.at;
const columnThere = async (folder: LocalFolder): Promise<boolean> =>
  (
    await folder.sql(
      `SELECT FROM information_schema.columns WHERE table_schema = 'core' AND column_name = 'asset_number'`,
    )
  ).length === 1;

beforeAll(async () => {
  writeFileSync(passphrase, 'a passphrase of the tests\n', { mode: 0o600 });
  LocalFolder.build();
  stack = await LocalFolder.start(first, await LocalFolder.freePorts(first));
  // The real services make their schemas, and the streams of their contracts; then they end.
  const services = [await stack.serve('key-manager'), await stack.serve('web')];
  for (const service of services) await service.stop('SIGTERM');
  await stack.sql(
    `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at)
     SELECT $1, organisation_id, '', decode($2, 'hex'), organisation_id, now() FROM identity.users LIMIT 1`,
    [device, device.replaceAll('-', '')],
  );
  const [hub, leaf] = [await streamsOf(stack, 'hub'), await streamsOf(stack, 'leaf')];
  const { config, state, chunks } = await hub.snapshot('EVENTS');
  await leaf.restore(config, state, chunks); // the broker of the leaf keeps streams there
  await Promise.all([hub.close(), leaf.close()]);
  mkdirSync(join(first, 'packages'), { recursive: true });
  writeFileSync(join(first, 'packages/marker'), 'packed');
  other = await LocalFolder.freePorts(second);
}, 240_000);
afterAll(async () => {
  await stack?.ground.end();
  rmSync(servicesFolder, { recursive: true, force: true });
});

describe('a local stack', () => {
  it('is backed up while it runs, by the same command into the same kind of file', async () => {
    const made = await muster('backup', file, '--local', first, ...withPassphrase, '--json');
    expect(made, made.told).toMatchObject({ code: 0 });
    const verified = await muster('backup', 'verify', file, ...withPassphrase, '--json');
    expect(JSON.parse(verified.printed)).toMatchObject({
      manifest: {
        server: 'local',
        version: '1.2.3',
        migrations: { core: expect.any(Array), identity: expect.any(Array) },
      },
      streams: expect.arrayContaining(['EVENTS']),
      volumes: ['downloads', 'push-broker'],
    });
  });

  it('is not restored over another one, nor by options of a server with Docker, nor is a schedule made for it', async () => {
    const before = readdirSync(first);
    const used = await muster('restore', file, '--local', first, ...withPassphrase);
    expect(used).toMatchObject({
      code: 78,
      told: expect.stringContaining(`${first} is in use: what runs as process `),
    });
    const docker = await muster('restore', file, '--dir', second, ...withPassphrase);
    expect(docker).toMatchObject({ code: 64, told: expect.stringContaining('This is the backup of a local stack.') });
    const mixed = await muster('restore', file, '--local', second, '--release', '1.2.3', ...withPassphrase);
    expect(mixed).toMatchObject({ code: 64, told: expect.stringContaining('--release is not about a local stack') });
    const ports = await muster('restore', file, '--local', second, '--ports', String(stack.ports), ...withPassphrase);
    expect(ports).toMatchObject({ code: 78, told: expect.stringMatching(/taken by .+Nothing was changed/) });
    const local = ['backup', 'schedule', '--local', first];
    expect(await muster(...local)).toMatchObject({ code: 64, told: expect.stringContaining('--passphrase-file FILE') });
    const removed = await muster(...local, '--remove');
    expect(removed).toMatchObject({ code: 64, told: expect.stringContaining('has no timer of systemd') });
    const line = await muster(...local, '--to', second, '--at', '3:05', ...withPassphrase);
    expect(line.code).toBe(0);
    const words = `backup --local ${first} --to ${second} --keep 14 --passphrase-file ${passphrase}`;
    expect(line.printed.trim().split('\n').at(-1)).toMatch(/^5 3 \* \* \* \/.+/);
    expect(line.printed).toContain(words);
    expect(readdirSync(first)).toEqual(before);
    expect(existsSync(second)).toBe(false);
  });

  it('comes back in another folder by a later version, whose services bring its database up to date', async () => {
    const restored = await later(
      ...['restore', file, '--local', second, '--ports', String(other), ...withPassphrase, '--json'],
    );
    expect(restored, restored.told).toMatchObject({ code: 0 });
    expect(JSON.parse(restored.printed)).toMatchObject({ version: '1.3.0', started: false, fenced: { devices: 0 } });
    expect(existsSync(join(second, 'restore-unfinished'))).toBe(false);
    expect(readFileSync(join(second, 'packages/marker'), 'utf8')).toBe('packed');
    const copy = await LocalFolder.start(second, other);
    try {
      expect(await revokedAt(copy)).toBeNull();
      for (const at of ['hub', 'leaf'] as const) {
        expect(await lastOf(copy, at, 'EVENTS'), at).toBe(await lastOf(stack, at, 'EVENTS'));
      }
      expect(await columnThere(copy)).toBe(false);
      // With the secrets of the backup, a code that has one migration more.
      const services = [await copy.serve('key-manager'), await copy.serve('web', { newer: true })];
      for (const service of services) await service.stop('SIGTERM');
      expect(await columnThere(copy)).toBe(true);
      const ran = await copy.sql<{ name: string }>('SELECT name FROM core.migrations ORDER BY timestamp');
      expect(ran.at(-1)?.name).toBe(MIGRATION);
      const users = 'SELECT id, email FROM identity.users ORDER BY id';
      expect(await copy.sql(users)).toEqual(await stack.sql(users));
    } finally {
      await copy.ground.end();
    }
  }, 240_000);

  it('of a later version is not restored by an earlier one', async () => {
    const newer = join(root, 'newer.backup');
    const copy = await LocalFolder.start(second, other);
    const made = await later('backup', newer, '--local', second, ...withPassphrase);
    await copy.ground.end();
    expect(made, made.told).toMatchObject({ code: 0 });
    const refused = await muster(
      'restore',
      newer,
      '--local',
      join(root, 'third'),
      '--ports',
      String(other),
      ...withPassphrase,
    );
    expect(refused).toMatchObject({ code: 65, told: expect.stringContaining('newer than this one, 1.2.3') });
    expect(existsSync(join(root, 'third'))).toBe(false);
  }, 120_000);

  it('is replaced while it runs: it is ended, its files stay aside, and what was revoked since stays revoked', async () => {
    await stack.sql('UPDATE identity.devices SET revoked_at = now() WHERE id = $1', [device]);
    await stack.sql(
      `INSERT INTO identity.revocations (sequence, organisation_id, kind, subject_id, at, matters_until)
       SELECT 1000000, organisation_id, 'device', id::text, revoked_at, now() + interval '1 day' FROM identity.devices
        WHERE id = $1`,
      [device],
    );
    const replaced = await muster(
      ...['restore', file, '--local', first, '--replace', '--ports', String(stack.ports), ...withPassphrase, '--json'],
    );
    expect(replaced, replaced.told).toMatchObject({ code: 0 });
    const { aside = '', fenced } = JSON.parse(replaced.printed) as Restored;
    expect(fenced).toMatchObject({ devices: 1 });
    expect(readdirSync(aside).sort()).toEqual(
      expect.arrayContaining(['authority', 'certificates', 'nats', 'packages', 'postgres', 'secrets.json']),
    );
    await stack.ground.end();
    stack = await LocalFolder.start(first, stack.ports);
    expect(await revokedAt(stack)).toBeInstanceOf(Date);
  }, 240_000);

  it('is not backed up while it does not run', async () => {
    await stack.ground.end();
    const refused = await muster('backup', join(root, 'no.backup'), '--local', first, ...withPassphrase);
    expect(refused).toMatchObject({ code: 69, told: expect.stringContaining('postgres does not run') });
    expect(existsSync(join(root, 'no.backup'))).toBe(false);
  });
});
