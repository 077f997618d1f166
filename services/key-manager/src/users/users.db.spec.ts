import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allRoutes,
  createApiToken,
  createOrganisationOwner,
  createRegistrationKey,
  createUser,
  deleteUser,
  endAnySession,
  listAllSessions,
  listApiTokens,
  listRegistrationKeys,
  listRoles,
  listUsers,
  type Permission,
  resetPassword,
  revokeApiToken,
  revokeRegistrationKey,
  type Role,
  ROLE_PERMISSIONS,
  ROLES,
  type Route,
  updateUser,
  verifyCredential,
} from '@muster/contracts';
import { Browser, enter, NEW_PASSWORD } from '../testing/browser';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from '../testing/running-key-manager';

const OTHER_ORGANISATION = '01900000-0000-7000-8000-0000000000ff';
const SOMEBODY = '01900000-0000-7000-8000-00000000aaaa';

let service: RunningKeyManager;
let owner: Browser;
let people: Record<Role, Browser>;
let stranger: Browser;

beforeAll(async () => {
  service = await RunningKeyManager.start();
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
  people = {
    owner,
    administrator: await owner.invite('administrator', 'administrator@example.test'),
    technician: await owner.invite('technician', 'technician@example.test'),
    'read-only': await owner.invite('read-only', 'reader@example.test'),
  };
  const web = await service.busOf('web');
  const made = await web.request(createOrganisationOwner, {
    credential: owner.cookie ?? '',
    organisationId: OTHER_ORGANISATION,
    email: 'owner@elsewhere.test',
    name: 'Other owner',
  });
  stranger = await enter(service.origin, 'owner@elsewhere.test', made.oneTimePassword);
});
afterAll(() => service?.stop());

const idOf = (browser: Browser): string => browser.session?.user.id ?? '';
let made = 0;
const invite = (role: Role) => owner.invite(role, `user-${++made}@example.test`);
const inADay = () => new Date(Date.now() + 86_400_000).toISOString();

describe('walls between roles', () => {
  const guarded = allRoutes().filter(
    (route): route is Route & { access: { kind: 'permission'; permission: Permission } } =>
      route.service === 'key-manager' && route.access.kind === 'permission',
  );

  it('exist for every route of this service that needs a permission', () => expect(guarded.length).toBeGreaterThan(8));

  it.each(guarded.flatMap((route) => ROLES.map((role) => ({ route, role, path: `${route.method} ${route.path}` }))))(
    '$role at $path',
    async ({ route, role }) => {
      const permitted = ROLE_PERMISSIONS[role].includes(route.access.permission);
      // Somebody who does not exist: who is let through finds nothing, or gives no body.
      const answer = await people[role].call(route, { params: { id: SOMEBODY } });
      if (permitted) expect([200, 204, 400, 404]).toContain(answer.status);
      else expect([answer.status, answer.body.code]).toEqual([403, 'permission-denied']);
    },
  );

  it('keep out whoever is not signed in, from every route that is not public', async () => {
    const nobody = new Browser(service.origin);
    for (const route of allRoutes().filter(({ service: name }) => name === 'key-manager')) {
      if (route.access.kind === 'public') continue;
      const answer = await nobody.call(route, { params: { id: SOMEBODY } });
      expect([route.path, answer.status]).toEqual([route.path, 401]);
    }
  });
});

describe('an administrator', () => {
  it.each(['owner'] as const)('makes no %s and turns nobody into one', async (role) => {
    const { administrator } = people;
    const created = await administrator.call(createUser, { body: { email: 'x@example.test', name: 'X', role } });
    expect([created.status, created.body.code]).toEqual([403, 'permission-denied']);
    const technician = await invite('technician');
    for (const target of [technician, administrator]) {
      const raised = await administrator.call(updateUser, { params: { id: idOf(target) }, body: { role } });
      expect([raised.status, raised.body.code]).toEqual([403, 'permission-denied']);
    }
  });

  it('neither changes, resets, disables nor deletes an owner', async () => {
    const { administrator } = people;
    const params = { id: idOf(await invite('owner')) };
    for (const body of [{ name: 'Mine' }, { role: 'read-only' }, { disabled: true }]) {
      expect((await administrator.call(updateUser, { params, body })).status).toBe(403);
    }
    expect((await administrator.call(resetPassword, { params })).status).toBe(403);
    expect((await administrator.call(deleteUser, { params })).status).toBe(403);
  });

  it('makes and removes those who may do no more', async () => {
    const { administrator } = people;
    const body = { email: 'colleague@example.test', name: 'Colleague', role: 'administrator' };
    const created = await administrator.call(createUser, { body });
    expect([created.status, created.body.mustChangePassword]).toEqual([200, true]);
    const params = { id: created.body.id };
    const changed = await administrator.call(updateUser, { params, body: { role: 'technician', name: 'New' } });
    expect(changed.body).toMatchObject({ role: 'technician', name: 'New' });
    expect((await administrator.call(deleteUser, { params })).status).toBe(204);
    expect((await administrator.call(deleteUser, { params })).status).toBe(404);
  });
});

describe('the last active owner', () => {
  it('is not disabled, demoted or deleted, also not by two at once', async () => {
    const params = { id: idOf(stranger) };
    const attempts = await Promise.all([
      stranger.call(updateUser, { params, body: { disabled: true } }),
      stranger.call(updateUser, { params, body: { role: 'administrator' } }),
      stranger.call(deleteUser, { params }),
    ]);
    expect(attempts.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([409, 'conflict']));

    const second = await stranger.invite('owner', 'second@elsewhere.test');
    const both = await Promise.all([
      stranger.call(updateUser, { params: { id: idOf(second) }, body: { role: 'read-only' } }),
      second.call(updateUser, { params, body: { role: 'read-only' } }),
    ]);
    const owners = await service.sql(`SELECT 1 FROM identity.users WHERE role = 'owner' AND organisation_id = $1`, [
      OTHER_ORGANISATION,
    ]);
    expect(owners).toHaveLength(1);
    expect(both.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    await service.sql(`UPDATE identity.users SET role = 'owner' WHERE id = $1`, [idOf(stranger)]);
  });
});

describe('a user', () => {
  it('is known by one e-mail address, whatever its case', async () => {
    await owner.call(createUser, { body: { email: 'Same@example.test', name: 'One', role: 'read-only' } });
    const again = await owner.call(createUser, {
      body: { email: 'same@EXAMPLE.test', name: 'Two', role: 'read-only' },
    });
    expect([again.status, again.body.code]).toEqual([409, 'conflict']);
  });

  it('loses sessions and rights at once when disabled, and gets in again when enabled', async () => {
    const person = await invite('technician');
    const params = { id: idOf(person) };
    const token = await person.call(createApiToken, {
      body: { name: 'tool', permissions: ['devices.read'], expiresAt: inADay() },
    });
    expect((await owner.call(updateUser, { params, body: { disabled: true } })).body.disabled).toBe(true);
    expect((await person.call(listRoles)).status).toBe(401);
    const tool = new Browser(service.origin);
    tool.token = token.body.secret;
    expect((await tool.call(listRoles)).status).toBe(401);
    const email = person.session?.user.email ?? '';
    expect((await new Browser(service.origin).signIn(email, NEW_PASSWORD)).body.code).toBe('sign-in-failed');
    await owner.call(updateUser, { params, body: { disabled: false } });
    expect((await new Browser(service.origin).signIn(email, NEW_PASSWORD)).status).toBe(200);
    expect((await tool.call(listRoles)).status).toBe(200);
  });

  it('gets a new one-time password that ends sessions and lock-outs', async () => {
    const person = await invite('technician');
    const email = person.session?.user.email ?? '';
    for (let round = 0; round < 5; round++) await new Browser(service.origin).signIn(email, 'wrong');
    const reset = await owner.call(resetPassword, { params: { id: idOf(person) } });
    expect((await person.call(listRoles)).status).toBe(401);
    expect((await new Browser(service.origin).signIn(email, NEW_PASSWORD)).status).toBe(401);
    await enter(service.origin, email, reset.body.oneTimePassword);
  });

  it('takes sessions and tokens along when deleted', async () => {
    const person = await invite('technician');
    const body = { name: 'tool', permissions: ['devices.read'], expiresAt: inADay() };
    await person.call(createApiToken, { body });
    await owner.call(deleteUser, { params: { id: idOf(person) } });
    expect((await person.call(listRoles)).status).toBe(401);
    const left = await service.sql(
      `SELECT 1 FROM identity.sessions WHERE user_id = $1 UNION ALL SELECT 1 FROM identity.api_tokens WHERE owner_id = $1`,
      [idOf(person)],
    );
    expect(left).toEqual([]);
    const kinds = await service.sql<{ kind: string }>(
      'SELECT kind FROM identity.revocations ORDER BY sequence DESC LIMIT 3',
    );
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(['session', 'token', 'user']);
  });

  it('is not made by fields that the contract does not have', async () => {
    const body = { email: 'y@example.test', name: 'Y', role: 'read-only', organisationId: OTHER_ORGANISATION };
    const answer = await owner.call(createUser, { body });
    expect([answer.status, answer.body.faults?.[0]?.field]).toEqual([400, 'organisationId']);
  });
});

describe('registration keys', () => {
  /** What comes over the wire, and the one key of it that was made for the test. */
  const listed = async (browser: Browser, id: string) => {
    const { status, body } = await browser.call(listRegistrationKeys);
    return { status, text: JSON.stringify(body), found: body.keys.find((key) => key.id === id) };
  };

  it('are shown in clear to who may make them, and to nobody who may only read', async () => {
    const { body: made } = await owner.call(createRegistrationKey, { body: { name: 'guarded' } });
    expect(made.key).toMatch(/^[A-Za-z0-9_-]{20,}$/);
    expect(made.installLines?.map(({ purpose }) => purpose)).toEqual(['install', 'uninstall']);
    const administrator = await listed(people.administrator, made.id);
    expect(administrator.found).toEqual(made);
    for (const role of ['technician', 'read-only'] as const) {
      const { status, text, found } = await listed(people[role], made.id);
      expect([role, status, found?.name, found?.state]).toEqual([role, 200, 'guarded', 'active']);
      expect(found).not.toHaveProperty('key');
      expect(found).not.toHaveProperty('installLines');
      expect(text).not.toContain(made.key);
    }
  });

  it('are not shown to a tool that may only read, whoever owns it', async () => {
    const { body: made } = await owner.call(createRegistrationKey, { body: { name: 'guarded from tools' } });
    const permissions: Permission[] = ['registration-keys.read'];
    const body = { name: 'reads', permissions, expiresAt: inADay() };
    const tool = new Browser(service.origin);
    tool.token = (await owner.call(createApiToken, { body })).body.secret;
    const { status, text, found } = await listed(tool, made.id);
    expect([status, found?.name]).toEqual([200, 'guarded from tools']);
    expect(text).not.toContain(made.key);
  });
});

describe('API tokens', () => {
  const create = (browser: Browser, permissions: Permission[], expiresAt = inADay()) =>
    browser.call(createApiToken, { body: { name: 'tool', permissions, expiresAt } });
  const tool = (secret: string) => Object.assign(new Browser(service.origin), { token: secret });

  it('carry at most their owner’s permissions, and no longer than a year', async () => {
    const person = await invite('technician');
    expect((await create(person, ['users.write'])).body.code).toBe('permission-denied');
    expect((await create(person, ['devices.read'], new Date(Date.now() - 1000).toISOString())).status).toBe(400);
    const late = new Date(Date.now() + 400 * 86_400_000).toISOString();
    expect((await create(person, ['devices.read'], late)).status).toBe(400);
  });

  it('work without cookie or CSRF token, and only as far as their owner does now', async () => {
    const person = await invite('administrator');
    const created = await create(person, ['users.read', 'registration-keys.write', 'registration-keys.read']);
    const [row] = await service.sql<{ row: string }>('SELECT t::text AS row FROM identity.api_tokens t WHERE id = $1', [
      created.body.id,
    ]);
    expect(row?.row).not.toContain(created.body.secret);
    const used = tool(created.body.secret);
    expect((await used.call(createRegistrationKey, { body: { name: 'by a tool' } })).status).toBe(200);
    expect(
      (await used.call(createUser, { body: { email: 'z@example.test', name: 'Z', role: 'read-only' } })).status,
    ).toBe(403);
    const listed = (await person.call(listApiTokens)).body.tokens.find(({ id }) => id === created.body.id);
    expect(listed?.lastUsedAt).toBeTruthy();

    await owner.call(updateUser, { params: { id: idOf(person) }, body: { role: 'technician' } });
    expect((await used.call(createRegistrationKey, { body: { name: 'again' } })).status).toBe(403);
    expect((await used.call(listRegistrationKeys)).status).toBe(200);
  });

  it('neither make tokens nor act as a session', async () => {
    const used = tool((await create(owner, [...ROLE_PERMISSIONS.owner])).body.secret);
    expect((await create(used, ['devices.read'])).status).toBe(403);
    expect((await used.changePassword(NEW_PASSWORD, 'another fine long phrase')).status).toBe(403);
  });

  it('end when revoked by their owner or by who manages tokens, and when they expire', async () => {
    const person = await invite('technician');
    const [mine, theirs, old] = [
      (await create(person, ['devices.read'])).body,
      (await create(person, ['devices.read'])).body,
      (await create(person, ['devices.read'])).body,
    ];
    const other = await invite('technician');
    expect((await other.call(listApiTokens)).body.tokens).toEqual([]);
    expect((await other.call(revokeApiToken, { params: { id: mine.id } })).status).toBe(404);
    expect((await person.call(revokeApiToken, { params: { id: mine.id } })).status).toBe(204);
    expect((await tool(mine.secret).call(listRoles)).status).toBe(401);
    expect((await owner.call(listApiTokens)).body.tokens.map(({ id }) => id)).toContain(theirs.id);
    expect((await owner.call(revokeApiToken, { params: { id: theirs.id } })).status).toBe(204);
    expect((await tool(theirs.secret).call(listRoles)).status).toBe(401);
    await service.sql(`UPDATE identity.api_tokens SET expires_at = now() WHERE id = $1`, [old.id]);
    expect((await tool(old.secret).call(listRoles)).status).toBe(401);
  });

  it('are verified for other services with their effective permissions', async () => {
    const person = await invite('technician');
    const created = await create(person, ['devices.read', 'devices.write']);
    await owner.call(updateUser, { params: { id: idOf(person) }, body: { role: 'read-only' } });
    const bip = await service.busOf('bip');
    const verified = await bip.request(verifyCredential, {
      kind: 'token',
      credential: created.body.secret,
      address: '',
    });
    expect(verified).toMatchObject({ credentialId: created.body.id, permissions: ['devices.read'], csrfToken: '' });
  });
});

describe('a second organisation', () => {
  it('sees nothing of the first, and the first nothing of it', async () => {
    await owner.call(createRegistrationKey, { body: { name: 'first' } });
    expect((await stranger.call(listRegistrationKeys)).body.keys).toEqual([]);
    const emails = (await stranger.call(listUsers)).body.users.map(({ email }) => email);
    expect(emails.every((email) => email.endsWith('@elsewhere.test'))).toBe(true);
    expect((await owner.call(listUsers)).body.users.some(({ email }) => email.endsWith('@elsewhere.test'))).toBe(false);
    const sessions = (await stranger.call(listAllSessions)).body.sessions.map(({ userId }) => userId);
    expect(sessions).not.toContain(idOf(owner));
    expect((await stranger.call(listApiTokens)).body.tokens).toEqual([]);
  });

  it('reaches nothing of the first by its id', async () => {
    const victim = await invite('technician');
    const params = { id: idOf(victim) };
    const token = await victim.call(createApiToken, {
      body: { name: 'tool', permissions: ['devices.read'], expiresAt: inADay() },
    });
    const key = await owner.call(createRegistrationKey, { body: { name: 'mine' } });
    const attempts = [
      stranger.call(updateUser, { params, body: { name: 'Mine' } }),
      stranger.call(resetPassword, { params }),
      stranger.call(deleteUser, { params }),
      stranger.call(endAnySession, { params: { id: victim.session?.id ?? '' } }),
      stranger.call(revokeApiToken, { params: { id: token.body.id } }),
      stranger.call(revokeRegistrationKey, { params: { id: key.body.id } }),
    ];
    expect((await Promise.all(attempts)).map(({ status }) => status)).toEqual(Array(6).fill(404));
    expect((await victim.call(listRoles)).status).toBe(200);
  });

  it('gets its first owner from the default organisation only, and once', async () => {
    const web = await service.busOf('web');
    const order = (credential: string, organisationId: string, email: string) =>
      web.request(createOrganisationOwner, { credential, organisationId, email, name: 'New' });
    const fresh = '01900000-0000-7000-8000-0000000000fe';
    const cookie = (browser: Browser) => browser.cookie ?? '';
    await expect(order(cookie(stranger), fresh, 'a@new.test')).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(order(cookie(people.administrator), fresh, 'a@new.test')).rejects.toMatchObject({
      code: 'permission-denied',
    });
    await expect(order(cookie(owner), OTHER_ORGANISATION, 'a@new.test')).rejects.toMatchObject({ code: 'conflict' });
    await expect(order(cookie(owner), fresh, OWNER_EMAIL)).rejects.toMatchObject({ code: 'conflict' });
    await expect(order('garbage', fresh, 'a@new.test')).rejects.toMatchObject({ code: 'not-signed-in' });
    await order(cookie(owner), fresh, 'a@new.test');
  });
});
