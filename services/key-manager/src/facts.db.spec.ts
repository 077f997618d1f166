import 'reflect-metadata';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  allRoutes,
  type BusEvent,
  certifyDevice,
  challengeRenewal,
  createApiToken,
  createInvitation,
  createOrganisationOwner,
  createRegistrationKey,
  createUser,
  DEFAULT_ORGANISATION_ID,
  endAnySession,
  listRegistrationKeys,
  listUsers,
  removeEmailSettings,
  renewCertificate,
  resetPassword,
  revokeRegistrationKey,
  saveEmailSettings,
  signIn,
  updateUser,
} from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { eventually, OutboxRecord } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootProfile } from './authority/profiles';
import { fingerprint, newKey, selfSign } from './authority/x509';
import { RefusedEnrolments } from './devices/refused-enrolments';
import { digest, newSecret } from './secrets/secret';
import { RefusedSignIns } from './sessions/refused-sign-ins';
import { Browser, enter, NEW_PASSWORD } from './testing/browser';
import { DeviceKey } from './testing/device-key';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from './testing/running-key-manager';

const ADDRESS = '192.0.2.1';

let service: RunningKeyManager;
let owner: Browser;
let outbox: OutboxRecord;
beforeAll(async () => {
  service = await RunningKeyManager.start({
    ...{ FAILURES_PER_ADDRESS: '8', REFUSED_SIGN_INS_PER_MINUTE: '40' },
    ...{ REFUSED_ENROLMENTS_SECONDS: '3600', REFUSED_ENROLMENTS_MOST: '3' },
  });
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
  outbox = await OutboxRecord.of(service.database.adminUrl, 'identity');
});
afterAll(async () => {
  await outbox?.close();
  await service?.stop();
});

interface Call {
  by?: Browser;
  params?: Record<string, string>;
  body?: object;
}
const someone = () => owner.invite('technician', `${newId()}@example.test`);
const idOf = (person: Browser): string => person.session?.user.id ?? '';
const soon = () => new Date(Date.now() + 86_400_000).toISOString();
const tokenOf = (person: Browser) =>
  person.call(createApiToken, { body: { name: 'Tool', permissions: ['devices.read'], expiresAt: soon() } });
const registrationKey = () => owner.call(createRegistrationKey, { body: { name: 'Floor 2' } });

/** One successful call of every route by which people change something, in which all that it may cause happens. */
const CALLS: Record<string, () => Promise<Call>> = {
  'POST /auth/session': async () => {
    const person = await someone();
    return {
      by: new Browser(service.origin),
      body: { email: person.session?.user.email ?? '', password: NEW_PASSWORD },
    };
  },
  'DELETE /auth/session': async () => ({ by: await someone() }),
  'POST /auth/password': async () => ({
    by: await someone(),
    body: { currentPassword: NEW_PASSWORD, newPassword: 'green lanterns over the harbour' },
  }),
  'DELETE /auth/sessions/:id': async () => {
    const by = await someone();
    return { by, params: { id: by.session?.id ?? '' } };
  },
  'DELETE /auth/all-sessions/:id': async () => ({ params: { id: (await someone()).session?.id ?? '' } }),
  'POST /auth/users': async () => ({ body: { email: `${newId()}@example.test`, name: 'New', role: 'technician' } }),
  'PATCH /auth/users/:id': async () => ({ params: { id: idOf(await someone()) }, body: { disabled: true } }),
  'POST /auth/users/:id/password-reset': async () => ({ params: { id: idOf(await someone()) } }),
  'DELETE /auth/users/:id': async () => {
    const person = await someone();
    await tokenOf(person);
    return { params: { id: idOf(person) } };
  },
  'POST /auth/tokens': async () => ({ body: { name: 'Tool', permissions: ['devices.read'], expiresAt: soon() } }),
  'DELETE /auth/tokens/:id': async () => ({ params: { id: (await tokenOf(owner)).body.id } }),
  'POST /auth/registration-keys': async () => ({ body: { name: 'Floor 1' } }),
  'DELETE /auth/registration-keys/:id': async () => ({ params: { id: (await registrationKey()).body.id } }),
  'PUT /auth/email/settings': async () => ({ body: mailSettings(`mail-${newId()}.example.test`) }),
  'DELETE /auth/email/settings': async () => {
    await saveMail();
    return {};
  },
  'POST /auth/email/test': async () => {
    await saveMail();
    return { body: { recipient: 'admin@example.test' } };
  },
  'POST /auth/email/retry': async () => ({}),
  'POST /auth/invitations': async () => ({
    body: { email: `${newId()}@example.test`, name: 'New', role: 'technician' },
  }),
  'POST /auth/invitations/:id/renewal': async () => ({ params: { id: (await invitation()).id } }),
  'DELETE /auth/invitations/:id': async () => ({ params: { id: (await invitation()).id } }),
  'POST /auth/invitation-acceptance': async () => {
    await owner.call(removeEmailSettings);
    const secret = (await invitation()).link?.split('#')[1] ?? '';
    return { by: new Browser(service.origin), body: { secret, newPassword: 'green lanterns over the harbour' } };
  },
  'POST /auth/password-reset/password': async () => {
    const person = await someone();
    const secret = newSecret();
    await service.sql(
      `INSERT INTO identity.password_resets (id, organisation_id, user_id, secret_hash, expires_at)
       VALUES ($1, $2, $3, $4, now() + interval '1 hour')`,
      [newId(), DEFAULT_ORGANISATION_ID, idOf(person), digest(secret)],
    );
    return { by: new Browser(service.origin), body: { secret, newPassword: 'green lanterns over the harbour' } };
  },
};
/** Where nobody listens: the answer comes at once. */
const mailSettings = (host: string) => ({
  ...{ host, port: 1, security: 'none', fromAddress: 'muster@example.test', fromName: '' },
});
const saveMail = () => owner.call(saveEmailSettings, { body: mailSettings('localhost') });
const invitation = async () => {
  const body = { email: `${newId()}@example.test`, name: 'New', role: 'technician' };
  return (await owner.call(createInvitation, { body })).body;
};

const routes = allRoutes().filter(
  ({ service: by, face, method, causes }) =>
    [by, face].join() === 'key-manager,manager' && method !== 'GET' && Array.isArray(causes),
);

describe('what people do', () => {
  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (name, route) => {
    const prepare = CALLS[name];
    if (!prepare) throw new Error(`Add a call of ${name} to this table.`);
    const { by = owner, params, body } = await prepare();
    await outbox.news();
    const answer = await by.call(route, { ...(params ? { params } : {}), ...(body ? { body } : {}) });
    expect([answer.status < 300, answer.body?.code]).toEqual([true, undefined]);

    const causes = (route.causes as BusEvent[]).map(({ subject }) => subject);
    const facts = await outbox.news();
    expect([...new Set(facts.map(({ subject }) => subject))].sort()).toEqual(causes.sort());
    const actor = { kind: 'person', address: ADDRESS };
    for (const { payload } of facts) {
      expect(payload).toMatchObject({ organisationId: DEFAULT_ORGANISATION_ID, actor });
    }
    const told = JSON.stringify(facts);
    for (const secret of [NEW_PASSWORD, by.cookie ?? '', 'green lanterns', 'oneTimePassword', '"key"', 'secret']) {
      if (secret !== '') expect(told).not.toContain(secret);
    }
  });

  it('leaves no trace when nothing changed or it is refused', async () => {
    const person = await someone();
    const revoked = (await registrationKey()).body.id;
    await owner.call(revokeRegistrationKey, { params: { id: revoked } });
    await outbox.news();
    const answers = [
      await owner.call(updateUser, { params: { id: idOf(person) }, body: { role: 'technician' } }),
      await owner.call(revokeRegistrationKey, { params: { id: revoked } }),
      await owner.call(createUser, { body: { email: OWNER_EMAIL, name: 'Twin', role: 'technician' } }),
      await person.call(resetPassword, { params: { id: idOf(owner) } }),
      await owner.call(endAnySession, { params: { id: newId() } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 204, 409, 403, 404]);
    expect(await outbox.news()).toEqual([]);
  });

  it('says what changed about a user, and by whom', async () => {
    const person = await someone();
    await outbox.news();
    await owner.call(updateUser, { params: { id: idOf(person) }, body: { name: 'Renamed', role: 'read-only' } });
    const [{ payload } = { payload: {} }] = await outbox.news();
    expect(payload).toMatchObject({
      userId: idOf(person),
      role: 'read-only',
      actor: { kind: 'person', id: idOf(owner), name: OWNER_EMAIL, address: ADDRESS },
      fields: [
        { field: 'name', before: 'A technician', after: 'Renamed' },
        { field: 'role', before: 'technician', after: 'read-only' },
      ],
    });
  });

  it('tells that a list was taken away as a file, and of looking at it nothing', async () => {
    await outbox.news();
    await owner.call(listUsers);
    expect(await outbox.news()).toEqual([]);
    const file = await owner.call({ ...listUsers, path: `${listUsers.path}?format=json` });
    expect(file.status).toBe(200);
    await (await someone()).call({ ...listUsers, path: `${listUsers.path}?format=json` });
    expect((await outbox.news()).filter(({ subject }) => subject === 'list.exported.v1')).toMatchObject([
      {
        subject: 'list.exported.v1',
        payload: {
          ...{ organisationId: DEFAULT_ORGANISATION_ID, path: listUsers.path, format: 'json', filters: '' },
          actor: { kind: 'person', id: idOf(owner), address: ADDRESS },
        },
      },
    ]);
  });

  it('is told in the organisation whose user it is when somebody makes another one', async () => {
    const web = await service.busOf('web');
    const organisationId = newId();
    await outbox.news();
    const credential = owner.cookie ?? '';
    await web.request(createOrganisationOwner, { credential, organisationId, email: 'boss@there.test', name: 'Boss' });
    expect(await outbox.news()).toMatchObject([
      { subject: 'user.created.v1', payload: { organisationId, email: 'boss@there.test', role: 'owner' } },
    ]);
  });
});

describe('what nobody signed in for', () => {
  const browser = (address: string) => Object.assign(new Browser(service.origin), { address });
  const refusals = async () =>
    (await outbox.news()).map(({ subject, payload }) => [subject, payload['email'], payload['reason']]);

  it('tells refused sign-ins with their reason, and a lock-out once', async () => {
    const email = `${newId()}@example.test`;
    const made = await owner.call(createUser, { body: { email, name: 'X', role: 'read-only' } });
    const disabled = `${newId()}@example.test`;
    const gone = await owner.call(createUser, { body: { email: disabled, name: 'Y', role: 'read-only' } });
    await owner.call(updateUser, { params: { id: gone.body.id }, body: { disabled: true } });
    await outbox.news();
    const client = browser('192.0.2.50');
    for (let times = 0; times < 8; times += 1) await client.signIn(email.toUpperCase(), 'not the password');
    await client.signIn(disabled, gone.body.oneTimePassword);
    await client.signIn('nobody@example.test', 'x');
    expect(made.status).toBe(200);
    expect(await refusals()).toEqual([
      ...Array.from({ length: 5 }, () => ['session.refused.v1', email, 'wrong-password']),
      ['session.refused.v1', email, 'locked-out'],
      ['session.refused.v1', disabled, 'disabled'],
      ['session.refused.v1', 'nobody@example.test', 'unknown-user'],
    ]);
  });

  it('tells no more of one address than its limit lets through', async () => {
    await outbox.news();
    const client = browser('192.0.2.60');
    for (let times = 0; times < 12; times += 1) {
      await client.call(signIn, { body: { email: `${newId()}@example.test`, password: 'guess' } });
    }
    expect(await refusals()).toHaveLength(8);
  });

  it('tells no more in all than may be told in a minute', async () => {
    const [instance] = service.instances;
    const told = instance?.app.get(RefusedSignIns, { strict: false });
    await outbox.news();
    await instance?.app.get(Database, { strict: false }).unscoped(async (manager) => {
      for (let times = 0; times < 100; times += 1) {
        await told?.add(manager, { email: `${newId()}@example.test`, address: '192.0.2.70' }, 'unknown-user');
      }
    });
    const { length } = await refusals();
    expect(length).toBeGreaterThan(0);
    // The minute may turn meanwhile: then so many once more.
    expect(length).toBeLessThanOrEqual(80);
  });

  it('tells the renewal of a device’s certificate, and of one that is sent again nothing', async () => {
    const web = await service.busOf('web');
    const [key] = (await owner.call(listRegistrationKeys)).body.keys.filter(({ state }) => state === 'active');
    const device = await DeviceKey.make();
    const { deviceId } = await web.request(certifyDevice, {
      key: key?.key ?? (await registrationKey()).body.key ?? '',
      ...{ address: '', proposedDeviceId: newId(), certificateRequest: await device.request() },
    });
    await service.sql(`UPDATE identity.certificates SET issued_at = now() - interval '1 day' WHERE device_id = $1`, [
      deviceId,
    ]);
    await outbox.news();
    const renew = async () => {
      const { challenge } = (await owner.call(challengeRenewal)).body;
      return owner.call(renewCertificate, { body: await device.renewal(deviceId, challenge) });
    };
    const renewed = await renew();
    await renew();
    expect(await outbox.news()).toMatchObject([
      {
        subject: 'certificate.renewed.v1',
        payload: { deviceId, address: ADDRESS, notAfter: renewed.body.notAfter },
      },
    ]);
  });
});

describe('refused enrolments', () => {
  const refusals = () => service.instances[0]?.app.get(RefusedEnrolments, { strict: false });
  const enrolWith = async (key: string, address: string) => {
    const web = await service.busOf('web');
    const device = await DeviceKey.make();
    const order = { key, address, proposedDeviceId: newId(), certificateRequest: await device.request() };
    return web.request(certifyDevice, order).then(
      () => 'enrolled',
      (error: { code: string }) => error.code,
    );
  };

  it('are told once for each network and reason, with their number', async () => {
    const { id, key = '' } = (await registrationKey()).body;
    await owner.call(revokeRegistrationKey, { params: { id } });
    await outbox.news();
    for (let times = 0; times < 3; times += 1) expect(await enrolWith('no such key', '192.0.2.80')).toBe('key-unknown');
    for (const address of ['2001:db8::1', '2001:db8::2']) expect(await enrolWith(key, address)).toBe('key-revoked');
    expect(await outbox.news()).toEqual([]);
    await refusals()?.tell();
    const about = { organisationId: DEFAULT_ORGANISATION_ID };
    expect((await outbox.news()).map(({ subject, payload }) => [subject, payload])).toEqual([
      [
        'enrolment.refused.v1',
        { ...about, at: expect.any(String), address: '192.0.2.80', reason: 'key-unknown', count: 3 },
      ],
      [
        'enrolment.refused.v1',
        {
          ...{ ...about, at: expect.any(String), address: '2001:db8:0:0::/64', reason: 'key-revoked', count: 2 },
          registrationKeyId: id,
        },
      ],
    ]);
    await refusals()?.tell();
    expect(await outbox.news()).toEqual([]);
  });

  it('from more networks than a round has room for are counted together, and none is lost', async () => {
    for (let number = 0; number < 200; number += 1) {
      refusals()?.count({ address: `198.51.100.${number}`, reason: 'key-unknown' });
    }
    await refusals()?.tell();
    const told = (await outbox.news()).map(({ payload }) => [payload['address'], payload['count']]);
    expect(told).toEqual([...[0, 1, 2].map((number) => [`198.51.100.${number}`, 1]), ['several', 197]]);
  });

  it('that could not be told are told later', async () => {
    await service.sql(`ALTER TABLE identity.outbox RENAME TO away`);
    refusals()?.count({ address: '192.0.2.90', reason: 'key-expired' });
    await expect(refusals()?.tell()).rejects.toThrow();
    await service.sql(`ALTER TABLE identity.away RENAME TO outbox`);
    refusals()?.count({ address: '192.0.2.90', reason: 'key-expired' });
    await refusals()?.tell();
    expect(await outbox.news()).toMatchObject([{ payload: { address: '192.0.2.90', count: 2 } }]);
  });
});

describe('the authority', () => {
  const told = () =>
    service
      .sql<{ part: string }>('SELECT part FROM identity.told_certificates ORDER BY part')
      .then((rows) => rows.map(({ part }) => part));
  const parts = [
    'issuing/devices',
    'root',
    'signing/audit-head',
    'signing/endpoint-map',
    'signing/operation',
    'signing/release',
  ];

  it('is told as it was made, and to a second instance nothing more', async () => {
    expect(await told()).toEqual(parts);
    await outbox.news();
    await service.addInstance();
    expect(await outbox.news()).toEqual([]);
  });

  it('is told when a root comes and when it goes, once however many instances see it', async () => {
    const root = await selfSign(await newKey(), rootProfile('Example', '9'));
    const file = join(service.caDir, 'roots', 'root-9.crt');
    const fact = { organisationId: DEFAULT_ORGANISATION_ID, part: 'root', fingerprint: fingerprint(root.certificate) };
    for (const change of ['added', 'removed']) {
      if (change === 'added') await writeFile(file, root.pem);
      else await rm(file);
      const count = change === 'added' ? parts.length + 1 : parts.length;
      await eventually(async () => (await told()).length === count, { within: 15_000 });
      const both = () =>
        service.instances.every(
          ({ lines }) =>
            lines.filter((line) => line.includes('Took up changed')).length >= (change === 'added' ? 1 : 2),
        );
      await eventually(both, { within: 15_000 });
      expect(await outbox.news()).toMatchObject([{ subject: 'authority.changed.v1', payload: { ...fact, change } }]);
    }
  });
});
