import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_ORGANISATION_ID, type DeviceSummary, PERMISSIONS } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../core/run';
import { CertificateMaker } from '../testing/bad-certificates';
import { CapturedTerminal } from '../testing/captured-terminal';
import { testFolder } from '../testing/folder';
import { PASSWORD, RunningSuite } from '../testing/running-suite';
import '../verbs';

const folder = testFolder();
const make = new CertificateMaker(folder);
let suite: RunningSuite;
let token: string;

beforeAll(async () => {
  make.authority('root', 'Root');
  const { crt: cert, key } = make.server('edge', ['localhost', '127.0.0.1'], 'root');
  suite = await RunningSuite.start({ cert, key });
  token = join(folder, 'token');
  writeFileSync(token, await suite.token(PERMISSIONS), { mode: 0o600 });
}, 180_000);
afterAll(() => suite?.stop(), 60_000);

async function muster(words: string[], { tokenFile = token, ca = make.file('root.crt') } = {}) {
  const terminal = new CapturedTerminal();
  const place = ['--url', `https://127.0.0.1:${suite.port}`, '--ca', ca, '--token-file', tokenFile];
  const code = await run([...words, ...place], terminal, {});
  return { code, printed: terminal.printed, told: terminal.told };
}
const json = async <T>(words: string[]): Promise<T> => JSON.parse((await muster([...words, '--json'])).printed) as T;

describe('muster user', () => {
  it('adds, lists, disables, enables, resets and removes', async () => {
    const added = await muster(['user', 'add', 'ada@example.test', '--name', 'Ada', '--role', 'technician']);
    expect(added).toMatchObject({ code: 0 });
    expect(added.printed).toMatch(/^ada@example\.test \(technician\), one-time password: \S+/);
    expect((await muster(['user', 'list'])).printed).toMatch(/ada@example\.test +Ada +technician +active/);
    expect((await muster(['user', 'disable', 'ADA@example.test'])).printed).toBe('ada@example.test is disabled.\n');
    const [row] = await suite.sql<{ disabled: boolean }>(
      `SELECT disabled FROM identity.users WHERE email = 'ada@example.test'`,
    );
    expect(row).toEqual({ disabled: true });
    expect((await muster(['user', 'enable', 'ada@example.test'])).printed).toContain('is active');
    expect((await muster(['user', 'reset-password', 'ada@example.test'])).printed).toContain('one-time password');
    expect(await muster(['user', 'remove', 'ada@example.test'])).toMatchObject({ code: 64, printed: '' });
    expect(await muster(['user', 'remove', 'ada@example.test', '--yes'])).toMatchObject({ code: 0 });
    expect(await suite.sql(`SELECT 1 FROM identity.users WHERE email = 'ada@example.test'`)).toEqual([]);
  });

  it("says the server's own sentence on what it refuses", async () => {
    const refused = await muster(['user', 'add', 'not-an-address']);
    expect(refused.code).toBe(65);
    expect(refused.told).toContain('[invalid-input]');
    expect(await muster(['user', 'add', 'x@example.test', '--role', 'king'])).toMatchObject({ code: 64 });
    expect(await muster(['user', 'disable', 'nobody@example.test'])).toMatchObject({ code: 66 });
  });
});

describe('muster key', () => {
  it('creates with a line to paste, lists without the key, and revokes by name', async () => {
    const made = await json<{ key: string }>(['key', 'create', 'Berlin', '--limit', '5', '--days', '7']);
    expect(made.key).toMatch(/^[0-9a-f]{40}$/);
    const listed = await muster(['key', 'list']);
    expect(listed.printed).toMatch(/Berlin +active +0 of 5/);
    expect(listed.printed + (await muster(['key', 'list', '--json'])).printed).not.toContain(made.key);
    expect(await muster(['key', 'revoke', 'Berlin'])).toMatchObject({ code: 0 });
    expect((await muster(['key', 'list'])).printed).toMatch(/Berlin +revoked/);
    expect(await muster(['key', 'revoke', 'Berlin'])).toMatchObject({ code: 66 });
  });
});

describe('muster device', () => {
  beforeAll(async () => {
    await suite.sql(
      `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, presence, presence_at,
         last_contact_at, enrolled_at, registration_key_id, facts_at)
       SELECT $1, gen_random_uuid(), p.name, p.name, 'linux', 'Debian', '1', p.presence, now(),
              now() - make_interval(days => p.days), now() - interval '1 year', $1, now()
         FROM (SELECT 'old-' || n, 'offline', 40 + n FROM generate_series(1, 230) n
               UNION ALL VALUES ('young', 'offline', 3), ('there', 'online', 90)) p (name, presence, days)`,
      [DEFAULT_ORGANISATION_ID],
    );
    await suite.sql(
      `INSERT INTO core.device_facts (organisation_id, device_id, facts) SELECT organisation_id, id, '{}' FROM core.devices`,
    );
  });

  it('lists and finds', async () => {
    expect((await muster(['device', 'list', '--search', 'young'])).printed).toMatch(/young +offline .*\n1 of 1/);
    const all = await json<{ devices: DeviceSummary[]; total: number }>(['device', 'list', '--size', '300']);
    expect([all.devices.length, all.total]).toEqual([232, 232]);
    expect(await muster(['device', 'list', '--presence', 'asleep'])).toMatchObject({ code: 64 });
  });

  it('finds the inactive ones over several pages, and never one that is online', async () => {
    const { devices } = await json<{ devices: DeviceSummary[] }>(['device', 'list', '--inactive', '30d']);
    expect(devices.length).toBe(230);
    expect(devices.map(({ name }) => name)).not.toContain('there');
    expect(await muster(['device', 'list', '--inactive', 'long'])).toMatchObject({ code: 64 });
  });

  it('retires nothing without --yes, and exactly those with it', async () => {
    const retired = () => suite.sql<{ name: string }>(`SELECT name FROM core.devices WHERE retired_at IS NOT NULL`);
    const looked = await muster(['device', 'clean', '--inactive', '6444h']);
    expect(looked.printed).toContain('2 devices would be retired. Add --yes to do it.');
    expect(await retired()).toEqual([]);
    expect(await muster(['device', 'clean', '--inactive', '6444h', '--yes'])).toMatchObject({ code: 0 });
    expect((await retired()).map(({ name }) => name).sort()).toEqual(['old-229', 'old-230']);
    expect((await muster(['device', 'clean', '--inactive', '6444h', '--yes'])).printed).toContain(
      'No device has been away',
    );
    expect(await muster(['device', 'clean'])).toMatchObject({ code: 64 });
  });
});

describe('muster token create', () => {
  it('signs in, keeps the token in a file, shows it nowhere, and signs out', async () => {
    const [file, password] = [join(folder, 'made'), join(folder, 'password')];
    writeFileSync(password, `${PASSWORD}\n`);
    const terminal = new CapturedTerminal();
    const place = ['--url', `https://127.0.0.1:${suite.port}`, '--ca', make.file('root.crt')];
    const who = ['--email', 'admin@example.test', '--password-file', password];
    const words = ['token', 'create', file, ...who, ...place];
    expect([await run([...words, '--permission', 'users.read'], terminal, {}), terminal.told]).toEqual([0, '']);
    const secret = readFileSync(file, 'utf8').trim();
    expect(secret).toMatch(/^muster_/);
    expect(terminal.printed).not.toContain(secret);
    expect(await muster(['user', 'list'], { tokenFile: file })).toMatchObject({ code: 0 });
    expect(await muster(['key', 'list'], { tokenFile: file })).toMatchObject({ code: 77 });
    expect(await run(words, new CapturedTerminal(), {})).toBe(73);
    writeFileSync(password, 'wrong');
    const refused = new CapturedTerminal();
    expect(await run(['token', 'create', join(folder, 'none'), ...who, ...place], refused, {})).toBe(77);
    expect(refused.told).toContain('[sign-in-failed]');
  });
});

describe('the token', () => {
  it('is needed, must be right, and must be allowed to', async () => {
    const terminal = new CapturedTerminal();
    expect(await run(['user', 'list', '--url', 'https://127.0.0.1:1'], terminal, {})).toBe(77);
    expect(terminal.told).toContain('There is no API token.');
    const wrong = join(folder, 'wrong');
    writeFileSync(wrong, 'muster_wrong');
    const refused = await muster(['user', 'list'], { tokenFile: wrong });
    expect(refused.code).toBe(77);
    expect(refused.told).toContain('[not-signed-in]');
    expect(refused.told).not.toContain('muster_wrong');
    const weak = join(folder, 'weak');
    writeFileSync(weak, await suite.token(['devices.read']));
    const denied = await muster(['user', 'list'], { tokenFile: weak });
    expect(denied).toMatchObject({ code: 77 });
    expect(denied.told).toContain('The token needs the permission users.read.');
  });

  it('is not sent to a server that nobody vouches for', async () => {
    make.authority('other', 'Other');
    const refused = await muster(['user', 'list'], { ca: make.file('other.crt') });
    expect(refused.code).toBe(69);
    expect(refused.told).toContain('cannot be reached');
  });
});
