import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRegistrationKey, listDevices, retireDevice, verifyAudit } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { changedTables, type Tables, tablesOf } from './harness/census';
import { run, until } from './harness/commands';
import { VERSION } from './harness/images';
import type { Machine } from './harness/machine';
import { runOn, untilPresence } from './harness/procedures';
import type { Server } from './harness/server';
import { asAdmin, asAdminAgain, itsm, machine, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

const [KEPT, LOST] = ['backup-1', 'backup-2'] as const;
const LATER = '0.9.9';
const MARKER = '/var/lib/muster/packages/marker';
/** What the administrator keeps on another machine. */
const away = join(dirname(itsm.folder), 'away');
const file = join(away, 'itsm.backup');
const passphrase = join(away, 'passphrase');
const list = join(away, 'revocations.json');
const disk = join(away, 'disk');

/** All tables right before a backup and right after it, which was made while people and devices worked. */
let around: readonly [Tables, Tables];
/** Rows of these come and go within seconds. */
const PASSING = /\.(outbox|leases)$/;
/** What a restore writes itself: sessions end, and who was revoked since stays so. */
const OF_RESTORE = [
  ...['devices', 'registration_keys', 'revocation_counter', 'revocations', 'sessions', 'users'].map(
    (name) => `identity.${name}`,
  ),
];

const devices = new Map<string, { machine: Machine; id: string }>();
const idOf = (host: string): string => devices.get(host)?.id ?? '';
let admin: Api;

beforeAll(async () => {
  await startFrom({ version: VERSION }); // of the command that restores; a later one brings its backup up to date
  mkdirSync(disk, { recursive: true });
  writeFileSync(passphrase, 'a passphrase of the tests\n', { mode: 0o600 });
  admin = await asAdmin();
  const key = await admin.call(createRegistrationKey, { body: { name: 'backup' } });
  const line = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install')?.line;
  for (const host of [KEPT, LOST]) {
    const one = machine(host);
    await one.start();
    devices.set(host, { machine: one, id: '' });
    expect(await one.paste(line ?? '')).toMatchObject({ code: 0 });
    const { deviceId } = JSON.parse(one.read('/var/lib/muster-agent/identity.json')) as { deviceId: string };
    devices.set(host, { machine: one, id: deviceId });
    await untilPresence(admin, deviceId, ['online']);
  }
  await itsm.inside('downloads', 'sh', '-c', `echo packed > ${MARKER}`);
}, 900_000);
afterAll(async () => {
  devices.forEach((device) => device.machine.stop());
  await run('sh', ['-c', 'umount "$0" 2>/dev/null || true', disk]);
  for (const name of await imageNames()) await itsm.engine.docker('rmi', `${name}:${LATER}`).catch(() => undefined);
});

const withPassphrase = ['--passphrase-file', passphrase];
const restoring = (server: Server, from: string) => [
  ...['restore', from, '--dir', server.folder, ...withPassphrase, '--json'],
];
const restore = (server: Server, from: string, ...more: string[]) => server.muster(...restoring(server, from), ...more);
/** When each container was started: another time means that somebody touched it. */
const starts = async (server: Server) =>
  [...(await server.containers())].map(([name, { State }]) => [name, State.StartedAt]).sort();

describe('a backup', () => {
  it('is made while people and devices work, and no request fails', async () => {
    let done = false;
    const working = (async () => {
      let requests = 0;
      for (; !done; requests += 1) await admin.call(listDevices);
      return requests;
    })();
    const running = runOn(admin, idOf(KEPT), 'for n in 1 2 3 4 5 6; do echo $n; sleep 1; done');
    const to = join(itsm.folder, 'backups');
    const before = await tablesOf(itsm);
    const made = await itsm.muster(
      'backup',
      '--dir',
      itsm.folder,
      '--to',
      to,
      '--keep',
      '2',
      ...withPassphrase,
      '--json',
    );
    around = [before, await tablesOf(itsm)];
    done = true;
    expect(made).toMatchObject({ code: 0 });
    expect(await working).toBeGreaterThan(3);
    expect((await running).output).toBe('1\n2\n3\n4\n5\n6\n');
    const { file: written, bytes } = JSON.parse(made.stdout) as { file: string; bytes: number };
    expect(readFileSync(written)).toHaveLength(bytes);
    copyFileSync(written, file);
    const doctor = await itsm.muster('doctor', '--dir', itsm.folder, '--json');
    expect(doctor.stdout).toContain('The newest backup is muster-itsm-');
  });

  it('is verified, and holds what the server is made of', async () => {
    const verified = await itsm.muster('backup', 'verify', file, ...withPassphrase, '--json');
    expect(verified).toMatchObject({ code: 0 });
    const { manifest, streams, volumes } = JSON.parse(verified.stdout) as {
      manifest: { devices: number; migrations: Record<string, string[]> };
      streams: string[];
      volumes: string[];
    };
    expect(manifest.devices).toBeGreaterThanOrEqual(2);
    expect(Object.keys(manifest.migrations).sort()).toEqual([
      ...['audit', 'core', 'downloads', 'identity', 'plugins', 'rmm_logs'],
    ]);
    expect(streams).toEqual(expect.arrayContaining(['EVENTS', 'DEAD_LETTERS', 'REPORTS_rmm-logs']));
    expect(streams).not.toContain('PRESENCE');
    expect(volumes).toEqual(['downloads']);
  });

  it('that fills the disk ends with one sentence, and leaves nothing behind', async () => {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    const before = await starts(itsm);
    const full = await itsm.muster('backup', join(disk, 'full.backup'), '--dir', itsm.folder, ...withPassphrase);
    expect(full).toMatchObject({ code: 73, stdout: '' });
    expect(full.stderr).toContain(`The disk of ${disk} is full: no backup was made`);
    expect(readdirSync(disk)).toEqual([]);
    expect(await starts(itsm)).toEqual(before);
    expect(await itsm.unwell()).toEqual([]);
  });
});

async function imageNames(): Promise<Set<string>> {
  const names = await itsm.engine.docker(
    'image',
    'ls',
    '--format',
    '{{.Repository}}',
    '--filter',
    'reference=muster/*',
  );
  return new Set(names.trim().split('\n'));
}

describe('a restore that cannot be', () => {
  const damaged = join(away, 'damaged.backup');
  const refused = async (words: string, ...more: string[]): Promise<void> => {
    const before = await starts(itsm);
    const { code, stderr } = await restore(itsm, damaged, ...more);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(words);
    expect(await starts(itsm)).toEqual(before);
  };

  it('stops before anything is touched: in use, truncated, altered, another passphrase', async () => {
    copyFileSync(file, damaged);
    await refused('is in use');
    const whole = readFileSync(file);
    writeFileSync(damaged, whole.subarray(0, -100));
    await refused('is truncated', '--replace');
    whole.writeUInt8(whole.readUInt8(whole.length - 5_000) ^ 1, whole.length - 5_000);
    writeFileSync(damaged, whole);
    await refused('was altered', '--replace');
    copyFileSync(file, damaged);
    const wrong = join(away, 'wrong');
    writeFileSync(wrong, 'the passphrase of others');
    await refused('The passphrase is not that of', '--replace', '--passphrase-file', wrong);
    expect(await itsm.unwell()).toEqual([]);
    expect((await runOn(admin, idOf(KEPT), 'echo untouched')).output).toBe('untouched\n');
  });
});

describe('after the ITSM server was lost with all that was on it', () => {
  it('one file brings it back, with the muster of a later version as that version', async () => {
    // After the backup: a device is retired, and the XMPP server's copy of the revocations says so.
    await admin.call(retireDevice, { params: { id: idOf(LOST) } });
    const copied = await xmpp.muster('backup', 'revocations', list, '--dir', xmpp.folder, '--json');
    expect(copied).toMatchObject({ code: 0 });
    expect(readFileSync(list, 'utf8')).toContain(idOf(LOST));
    await itsm.compose('down', '--volumes');
    rmSync(itsm.folder, { recursive: true });

    // The same images once more, as those of another version.
    for (const name of await imageNames()) await itsm.engine.docker('tag', `${name}:${VERSION}`, `${name}:${LATER}`);
    const restored = await itsm.musterOf(LATER, ...restoring(itsm, file), '--revocations', list);
    expect(restored).toMatchObject({ code: 0 });
    const said = JSON.parse(restored.stdout) as { started: boolean; version: string; fenced: { devices: number } };
    expect(said).toMatchObject({ started: true, version: LATER, fenced: { devices: 1 } });
    expect(await itsm.unwell()).toEqual([]);
    expect((await itsm.containers()).get('web-manager')?.Config.Image).toBe(`muster/web:${LATER}`);
    expect(await itsm.inside('downloads', 'cat', MARKER)).toBe('packed\n');
    expect(await itsm.inside('downloads', 'stat', '-c', '%u:%g', MARKER)).toBe('10001:10001\n');
  });

  it('people sign in again with the passwords that they had, and not with what they were signed in with', async () => {
    await expect(admin.call(listDevices)).rejects.toThrow('answered 401');
    admin = await asAdminAgain();
    expect((await admin.call(listDevices)).devices.map(({ id }) => id)).toContain(idOf(KEPT));
  });

  it('devices are green without a touch, and run what they are asked', async () => {
    await untilPresence(admin, idOf(KEPT), ['online']);
    expect((await runOn(admin, idOf(KEPT), 'echo back again')).output).toBe('back again\n');
  });

  it('a device that was retired after the backup stays out', async () => {
    await untilPresence(admin, idOf(LOST), ['offline']);
    const sql = `SELECT revoke_reason FROM identity.devices WHERE id = '${idOf(LOST)}'`;
    const script = `PGPASSWORD=$(cat /run/secrets/postgres-admin) psql -h 127.0.0.1 -U muster_admin -d postgres -Atc "${sql}"`;
    expect(await itsm.inside('postgres', 'sh', '-c', script)).toBe('revoked before the restore of an older backup\n');
  });

  it('the audit chain verifies', async () => {
    await until('the chain is whole', async () => {
      const { intact, faults, checkedTo } = await admin.call(verifyAudit, { body: {} });
      expect(faults).toEqual([]);
      return intact && checkedTo > 0;
    });
  });

  it('consumers keep up, and schemas are those of this version', async () => {
    await until('doctor finds no fault in queues and database', async () => {
      const { stdout } = await itsm.muster('doctor', '--dir', itsm.folder, '--json');
      const { findings } = JSON.parse(stdout) as { findings: { check: string; verdict: string; sentence: string }[] };
      const bad = findings.filter(
        ({ check, verdict }) => verdict === 'fault' && ['queues', 'database', 'nats'].includes(check),
      );
      if (bad.length > 0) throw new Error(bad.map(({ sentence }) => sentence).join(' '));
      return true;
    });
  });
});

/** What did not change while the backup was made is there to the last byte; of what only grew there is as much as there was. */
function expectRowsOf(restored: Tables, [before, after]: readonly [Tables, Tables]): void {
  const moved = changedTables(before, after);
  const left = [...moved, ...OF_RESTORE];
  expect(changedTables(after, restored).filter((name) => !left.includes(name) && !PASSING.test(name))).toEqual([]);
  for (const name of moved.filter((one) => !OF_RESTORE.includes(one) && !PASSING.test(one))) {
    const [least = 0, most = 0] = [before, after].map((tables) => tables[name]?.rows ?? 0);
    if (least > most) continue;
    expect(restored[name]?.rows ?? 0, name).toBeGreaterThanOrEqual(least);
    expect(restored[name]?.rows ?? 0, name).toBeLessThanOrEqual(most);
  }
  // Enough for this to mean something.
  expect(Object.values(restored).filter(({ rows }) => rows > 0).length).toBeGreaterThan(20);
}

describe('a backup in the place of a suite that works', () => {
  it('replaces it, moves its files aside, and keeps revoked what was revoked since', async () => {
    const replaced = await restore(itsm, file, '--replace', '--no-start');
    expect(replaced).toMatchObject({ code: 0 });
    const { aside, replaced: what } = JSON.parse(replaced.stdout) as {
      aside: string;
      replaced: { containers: string[]; volumeBytes: number };
    };
    expect(what.containers).toContain('postgres');
    expect(what.volumeBytes).toBeGreaterThan(10_000_000); // as the engine says; a database alone takes more
    expect(existsSync(join(aside, 'secrets/postgres-admin'))).toBe(true);
    expectRowsOf(await tablesOf(itsm), around);
    await itsm.compose('up', '--detach');
    await until('the suite is well', async () => (await itsm.unwell()).length === 0, 180);
    admin = await asAdminAgain();
    await untilPresence(admin, idOf(KEPT), ['online']);
    expect((await runOn(admin, idOf(KEPT), 'echo once more')).output).toBe('once more\n');
    await untilPresence(admin, idOf(LOST), ['offline']);
  });

  it('may be one of the XMPP server, and devices come back to it', async () => {
    const own = join(away, 'xmpp.backup');
    expect(await xmpp.muster('backup', own, '--dir', xmpp.folder, ...withPassphrase)).toMatchObject({ code: 0 });
    const replaced = await restore(xmpp, own, '--replace');
    expect(replaced).toMatchObject({ code: 0 });
    await until('the XMPP server is well', async () => (await xmpp.unwell()).length === 0, 120);
    await untilPresence(admin, idOf(KEPT), ['online']);
    expect((await runOn(admin, idOf(KEPT), 'echo by push again')).output).toBe('by push again\n');
  });
});
