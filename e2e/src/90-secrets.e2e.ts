import {
  createApiToken,
  createInvitation,
  listDevices,
  listRegistrationKeys,
  lookAtInvitation,
  removeEmailSettings,
  saveEmailSettings,
  testEmail,
} from '@muster/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Api, raw } from './harness/api';
import { newDevice, newKey } from './harness/devices';
import { ADMIN_EMAIL, asAdmin, asNewUser, PASSWORD } from './harness/people';
import { data, secrets, status, until } from './harness/stack';

const folder = join(data, 'logs');
const logs = (): Map<string, string> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

/** What nobody who may read logs may learn, by what it is. */
let hidden: Map<string, string>;

beforeAll(async () => {
  const admin = await asAdmin();
  const user = await asNewUser('technician');
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const { secret } = await admin.call(createApiToken, {
    body: { name: 'log', permissions: ['devices.read'], expiresAt },
  });
  await Api.withToken(secret).call(listDevices);
  const wrong = 'mistyped-harbour-lantern';
  await Api.signIn(ADMIN_EMAIL, wrong).catch(() => undefined);
  const { key } = await newKey({ name: 'log' });
  await (await newDevice()).enrol(key);
  // All ways in which an address may hold a key, also ones that fail.
  for (const path of [
    `/bip/${key}/install.sh`,
    `/bip/${key}/no-such-file`,
    `/bip//${key}/x`,
    `/%62ip/${key}/install.sh`,
  ])
    await raw({ path, headers: { referer: `https://example.org/bip/${key}/install.sh` } });
  const { keys } = await admin.call(listRegistrationKeys);
  const mailPassword = 'mailbox-harbour-lantern';
  const mail = {
    host: 'localhost',
    port: 1,
    security: 'none',
    fromAddress: 'muster@example.org',
    fromName: '',
  } as const;
  await admin.call(saveEmailSettings, { body: { ...mail, user: 'muster', password: mailPassword } });
  await admin.call(testEmail, { body: { recipient: 'nobody@example.org' } });
  await admin.call(removeEmailSettings);
  const invited = { email: `log-${Math.random().toString(36).slice(2)}@example.org`, name: 'log' };
  const { link = '' } = await admin.call(createInvitation, { body: { ...invited, role: 'read-only' } });
  const linkSecret = new URL(link).hash.slice(1);
  await raw({ path: new URL(link).pathname });
  await Api.anonymous().raw(lookAtInvitation, { body: { secret: linkSecret } });

  const {
    firstAdminPassword,
    firstRegistrationKey,
    postgresAdmin,
    edge,
    turn,
    pushKey,
    nats,
    databaseApp,
    databaseOwner,
  } = secrets();
  hidden = new Map([
    ['the first password', firstAdminPassword],
    ['a password', PASSWORD],
    ['a mistyped password', wrong],
    ['the password of the mail server', mailPassword],
    ['the secret of an invitation', linkSecret],
    ['the edge secret', edge],
    ['the secret of TURN', turn],
    ['the key of the push service', pushKey],
    ['the first registration key', firstRegistrationKey],
    ['the database password of the administrator', postgresAdmin],
    ['an API token', secret],
    ...[...keys.entries()].map(([index, one]): [string, string] => [`registration key ${index}`, one.key ?? '']),
    ...[admin, user].map(({ cookie }, index): [string, string] => [
      `session cookie ${index}`,
      cookie.split('=')[1] ?? '',
    ]),
    ...[admin, user].map(({ session }, index): [string, string] => [`CSRF token ${index}`, session?.csrfToken ?? '']),
    ...[nats, databaseApp, databaseOwner].flatMap((passwords) =>
      Object.entries(passwords).map(([name, password]): [string, string] => [
        `the password of ${name} (${password.slice(0, 3)}…)`,
        password,
      ]),
    ),
  ]);
  const marker = `/last-line-${Math.random().toString(36).slice(2)}`;
  await raw({ path: marker });
  await until('the edge has written its log', async () => logs().get('access.log')?.includes(marker) === true);
});

it('every part has written a log', async () => {
  const written = logs();
  for (const { name } of (await status()).parts) expect([...written.keys()]).toContain(`${name}.log`);
  const services = [
    'web-manager',
    'web-worker',
    'key-manager',
    'push-broker',
    'bip',
    'rmm-logs',
    'plugins',
    'audit-logs',
    'downloads',
    'turn',
  ];
  for (const name of [...services, 'agent']) expect(written.get(`${name}.log`)?.length, name).toBeGreaterThan(100);
});

it('no log holds a secret', () => {
  const found: string[] = [];
  for (const [what, secret] of hidden) {
    expect(secret.length, `the test knows ${what}`).toBeGreaterThan(10);
    for (const [name, text] of logs())
      if (text.includes(secret) || text.includes(encodeURIComponent(secret))) found.push(`${name}: ${what}`);
  }
  expect(found).toEqual([]);
});

it('no log holds a private key', () => {
  for (const [name, text] of logs()) expect(text.includes('PRIVATE KEY'), name).toBe(false);
});
