import {
  allRoutes,
  appendOutput,
  createApiToken,
  createGroup,
  createProcedure,
  createRegistrationKey,
  createUser,
  endOwnSession,
  listAllSessions,
  listApiTokens,
  listDevices,
  listGroups,
  listOperations,
  listOwnSessions,
  listProcedures,
  listRegistrationKeys,
  listUsers,
  readDevice,
  renameDevice,
  type Route,
  ROLE_PERMISSIONS,
  signOut,
  sync,
  updateUser,
} from '@muster/contracts';
import { createConnection } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { Api, raw, Refused } from './harness/api';
import { asAdmin, asNewUser, asOtherOwner } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';
import { basePort, BASE_DOMAIN, httpsPort, ITSM_DOMAIN, secrets, status, until, xmppPort } from './harness/stack';

const NOWHERE = '01900000-0000-7000-8000-0000000000ff';
const guarded = allRoutes().filter((route) => route.access.kind !== 'public' && route.face === 'manager');
const named = (routes: readonly Route[]): [string, Route][] =>
  routes.map((route) => [`${route.method} ${route.path}`, route]);

let admin: Api;
let device: string;
beforeAll(async () => {
  admin = await asAdmin();
  device = (await localDevice(admin)).id;
});

const statusOf = (api: Api, route: Route, id = NOWHERE): Promise<number> =>
  api.raw(route, { params: { id }, body: route.body ? {} : undefined }).then((reply) => reply.status);

describe('nobody', () => {
  it.each(named(guarded))('gets 401 at %s', async (_, route) => {
    expect(await statusOf(Api.anonymous(), route)).toBe(401);
  });
});

describe('a read-only user', () => {
  let reader: Api;
  beforeAll(async () => {
    reader = await asNewUser('read-only');
  });
  const may = (route: Route): boolean =>
    route.access.kind === 'permission' && ROLE_PERMISSIONS['read-only'].includes(route.access.permission);
  const refused = guarded.filter((route) => route.access.kind === 'permission' && !may(route));
  it.each(named(refused))('gets 403 at %s', async (_, route) => {
    expect(await statusOf(reader, route)).toBe(403);
  });
  it('reads devices', async () => {
    expect((await reader.call(readDevice, { params: { id: device } })).id).toBe(device);
  });
});

describe('an administrator', () => {
  it('makes no owner, and a technician no user', async () => {
    const administrator = await asNewUser('administrator');
    const body = { email: 'x@example.org', name: 'x', role: 'owner' as const };
    await expect(administrator.call(createUser, { body })).rejects.toMatchObject({ status: 403 });
    const technician = await asNewUser('technician');
    await expect(technician.call(createUser, { body: { ...body, role: 'read-only' } })).rejects.toMatchObject({
      status: 403,
    });
  });
});

describe('a second organisation', () => {
  let other: Api;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    other = await asOtherOwner();
    const operation = await start(admin, device, 'true');
    await untilEnded(admin, operation.id);
    const procedure = { name: 'wall', language: 'sh' as const, script: 'true', parameters: [], timeLimitSeconds: 10 };
    ids['devices'] = device;
    ids['operations'] = operation.id;
    ids['operation-batches'] = operation.batchId;
    ids['procedures'] = (await admin.call(createProcedure, { body: procedure })).id;
    ids['groups'] = (await admin.call(createGroup, { body: { name: 'wall' } })).id;
    ids['registration-keys'] = (await admin.call(createRegistrationKey, { body: { name: 'wall' } })).id;
    ids['users'] = (
      await admin.call(createUser, { body: { email: 'wall@example.org', name: 'w', role: 'read-only' } })
    ).id;
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    ids['tokens'] = (
      await admin.call(createApiToken, { body: { name: 'w', permissions: ['devices.read'], expiresAt } })
    ).id;
    ids['sessions'] = ids['all-sessions'] = admin.session?.id ?? '';
    ids['merge-questions'] = NOWHERE;
    ids['dead-letters'] = '1';
  });

  /** Bodies that pass validation, so that nothing but the wall can refuse. */
  const bodies: Record<string, object> = {
    'PATCH /api/devices/:id': { name: 'stolen' },
    'PUT /api/procedures/:id': { name: 'stolen', language: 'sh', script: 'true', parameters: [], timeLimitSeconds: 10 },
    'PUT /api/groups/:id': { name: 'stolen' },
    'POST /api/groups/:id/members': { add: [] },
    'POST /api/operation-batches/:id/cancel': {},
    'POST /api/merge-questions/:id/answer': { answer: 'same' },
    'PATCH /auth/users/:id': { name: 'stolen' },
  };
  const withId = guarded.filter((route) => route.path.includes('/:id'));
  it.each(named(withId))('finds nothing of the first at %s', async (name, route) => {
    const collection = route.path.split('/')[2] ?? '';
    expect(ids[collection], `the test knows an id for ${collection}`).toBeTruthy();
    if (route.body) expect(bodies[name], `the test knows a valid body for ${name}`).toBeTruthy();
    const reply = await other.raw(route, { params: { id: ids[collection] ?? '' }, body: bodies[name] });
    expect([403, 404]).toContain(reply.status);
  });

  it('sees none of the first in any list', async () => {
    const texts = await Promise.all(
      [
        listDevices,
        listOperations,
        listProcedures,
        listGroups,
        listRegistrationKeys,
        listUsers,
        readDevice,
        listAllSessions,
        listOwnSessions,
        listApiTokens,
      ].map(async (route) => (await other.raw(route)).text),
    );
    for (const text of texts)
      for (const id of Object.values(ids))
        if (id.length === NOWHERE.length && id !== NOWHERE) expect(text).not.toContain(id);
  });

  it('cannot run anything on a device of the first', async () => {
    await expect(start(other, device, 'true')).rejects.toBeInstanceOf(Refused);
  });

  it('left everything as it was', async () => {
    expect((await admin.call(listGroups)).groups.map(({ name }) => name)).toContain('wall');
    expect((await admin.call(listDevices)).devices.map(({ name }) => name)).not.toContain('stolen');
  });
});

describe('rights end within a second', () => {
  it('when a session is ended', async () => {
    const user = await asNewUser('technician');
    await user.call(listDevices);
    await admin.call(endOwnSession, { params: { id: NOWHERE } }).catch(() => undefined);
    await user.call(signOut);
    await until('the session is refused', async () => (await user.raw(listDevices)).status === 401, 1);
  });
  it('when a role is taken away', async () => {
    const user = await asNewUser('technician');
    await expect(user.call(renameDevice, { params: { id: NOWHERE }, body: { name: 'x' } })).rejects.toMatchObject({
      status: 404,
    });
    await admin.call(updateUser, { params: { id: user.session?.user.id ?? '' }, body: { role: 'read-only' } });
    await until(
      'the change is refused',
      async () => (await user.raw(renameDevice, { params: { id: NOWHERE }, body: { name: 'x' } })).status !== 404,
      1,
    );
  });
});

describe('the edge', () => {
  it('does not serve console routes on the worker face', async () => {
    const host = `work.${BASE_DOMAIN}`;
    const reply = await raw({ host, path: '/api/devices', headers: { cookie: admin.cookie } });
    expect(reply.status).toBe(404);
    const direct = await fetch(`http://127.0.0.1:${basePort + 102}/api/devices`, {
      headers: { 'x-muster-edge': secrets().edge, cookie: admin.cookie },
    });
    expect(direct.status).toBe(404);
  });
  it('asks devices for a certificate, and believes no header instead', async () => {
    const host = `work.${BASE_DOMAIN}`;
    const forged = { 'x-muster-client-cert': 'forged', 'x-muster-edge': secrets().edge, 'x-real-ip': '1.2.3.4' };
    for (const route of [sync, appendOutput]) {
      const reply = await raw({ method: 'POST', host, path: route.path, body: '{}', headers: forged });
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'certificate-required' });
    }
  });
  it('does not let a service believe anybody but the edge', async () => {
    const reply = await fetch(`http://127.0.0.1:${basePort + 101}/api/devices`, { headers: { cookie: admin.cookie } });
    expect(reply.status).toBe(403);
  });
  it('refuses unknown hosts but the bare address', async () => {
    expect((await raw({ path: '/', host: 'evil.example' }).catch(() => ({ status: 421 }))).status).toBe(421);
    expect((await raw({ path: '/', headers: { host: '127.0.0.1' } })).status).toBe(200);
  });
  it('sends HTTP to HTTPS', async () => {
    const reply = await fetch(`http://127.0.0.1:${basePort + 80}/x`, { redirect: 'manual' });
    expect(reply.status).toBe(308);
    expect(reply.headers.get('location')).toBe(`https://127.0.0.1:${httpsPort}/x`);
  });
  it('answers 503 for functions that are not there yet', async () => {
    for (const name of ['dl', 'rtdc-api', 'rtdc-relay-01']) {
      const reply = await raw({ path: '/', host: `${name}.${BASE_DOMAIN}` });
      expect(reply.status).toBe(503);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'unavailable' });
    }
  });
  it('sets security headers on the console', async () => {
    const { headers } = await raw({ path: '/' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['strict-transport-security']).toBeTruthy();
  });
  it('speaks TLS 1.2 and 1.3 only', async () => {
    const handshake = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(
          {
            host: '127.0.0.1',
            port: httpsPort,
            servername: ITSM_DOMAIN,
            minVersion: version,
            maxVersion: version,
            rejectUnauthorized: false,
            ciphers: 'DEFAULT@SECLEVEL=0',
          },
          () => {
            resolve(socket.getProtocol() ?? '');
            socket.destroy();
          },
        );
        socket.on('error', () => resolve('refused'));
      });
    expect(await handshake('TLSv1.1')).toBe('refused');
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
  });
  it('a change without the CSRF token is refused', async () => {
    const reply = await raw({
      method: 'POST',
      path: '/api/groups',
      body: '{"name":"x"}',
      headers: { cookie: admin.cookie },
    });
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'csrf-refused' });
  });
});

describe('garbage', () => {
  const noise = [
    Buffer.alloc(2000, 0),
    Buffer.alloc(70_000, 'A'),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('<stream:stream><a>&nope;</a>'),
  ];
  it('at any port is refused and nothing falls over', async () => {
    const before = (await status()).parts.map(({ name, pid }) => [name, pid]);
    for (const port of [
      httpsPort,
      basePort + 80,
      xmppPort,
      basePort + 32,
      basePort + 42,
      basePort + 43,
      basePort + 101,
      basePort + 103,
    ]) {
      for (const bytes of noise) {
        await new Promise<void>((resolve) => {
          const socket = createConnection({ host: '127.0.0.1', port }, () => socket.end(bytes));
          socket.setTimeout(3000, () => socket.destroy());
          socket.on('error', () => undefined);
          socket.on('data', () => undefined);
          socket.on('close', () => resolve());
        });
      }
    }
    const after = await status();
    expect(after.ready).toBe(true);
    expect(after.parts.map(({ name, pid }) => [name, pid])).toEqual(before);
  });
  it.each([
    ['not JSON', '{"name":'],
    ['a wrong type', '{"name": 5}'],
    ['an unknown field', '{"name":"x","nmae":"y"}'],
    ['control characters', '{"name":"x\\u0000"}'],
    ['too much', JSON.stringify({ name: 'x'.repeat(3_000_000) })],
  ])('in a body (%s) gets a code and a sentence', async (_, body) => {
    const headers = { cookie: admin.cookie, 'x-muster-csrf': admin.session?.csrfToken ?? '' };
    const reply = await raw({ method: 'POST', path: '/api/groups', body, headers });
    expect([400, 413]).toContain(reply.status);
    expect(JSON.parse(reply.text)).toMatchObject({
      code: expect.any(String),
      message: expect.any(String),
      correlationId: expect.any(String),
    });
  });
});
