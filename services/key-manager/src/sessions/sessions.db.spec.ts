import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CSRF_HEADER,
  currentSession,
  endAnySession,
  endOwnSession,
  identityRevoked,
  listAllSessions,
  listOwnSessions,
  listUsers,
  type Revocation,
  SESSION_COOKIE,
  signOut,
  verifyCredential,
} from '@muster/contracts';
import { eventually } from '@muster/testing';
import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import { Housekeeping } from '../housekeeping';
import { Browser, enter, NEW_PASSWORD } from '../testing/browser';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from '../testing/running-key-manager';

const heard: Revocation[] = [];
@Injectable()
class Ear {
  @ListensTo(identityRevoked)
  revoked(revocation: Revocation): void {
    heard.push(revocation);
  }
}

let service: RunningKeyManager;
let owner: Browser;
beforeAll(async () => {
  service = await RunningKeyManager.start();
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
});
afterAll(() => service?.stop());
beforeEach(() => service.sql('DELETE FROM identity.address_failures'));

const browser = () => new Browser(service.origin);
let people = 0;
const invite = () => owner.invite('technician', `person-${++people}@example.test`);

describe('the first owner', () => {
  it('is made once, signs in with the given password and must change it', async () => {
    const rows = await service.sql<{ email: string; role: string }>(
      'SELECT email, role FROM identity.users ORDER BY created_at LIMIT 1',
    );
    expect(rows).toEqual([{ email: OWNER_EMAIL, role: 'owner' }]);
    const second = await service.addInstance({ FIRST_ADMIN_PASSWORD: 'another password here' });
    expect(await service.sql('SELECT 1 FROM identity.users WHERE role = $1', ['owner'])).toHaveLength(1);
    expect((await new Browser(second.origin).signIn(OWNER_EMAIL, 'another password here')).status).toBe(401);
  });
});

describe('sign-in', () => {
  it('sets a cookie that only this origin gets, over TLS and away from scripts; stores the secret hashed', async () => {
    const person = browser();
    const answer = await person.signIn(OWNER_EMAIL.toUpperCase(), NEW_PASSWORD);
    expect(answer.status).toBe(200);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(new RegExp(`^${SESSION_COOKIE}=[\\w-]{43};`));
    for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Domain');
    expect(answer.body).toMatchObject({ user: { email: OWNER_EMAIL, role: 'owner' }, mustChangePassword: false });
    expect(JSON.stringify(answer.body)).not.toContain(person.cookie);
    const [row] = await service.sql<{ row: string }>('SELECT s::text AS row FROM identity.sessions s WHERE id = $1', [
      answer.body.id,
    ]);
    expect(row?.row).not.toContain(person.cookie);
    expect(service.instances[0]?.lines.join('')).not.toContain(NEW_PASSWORD);
    expect(service.instances[0]?.lines.join('')).not.toContain(person.cookie);
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const wrong = await browser().signIn(OWNER_EMAIL, 'not the password');
    const unknown = await browser().signIn('nobody@example.test', 'not the password');
    expect([wrong.status, wrong.body.code, wrong.body.message]).toEqual([401, 'sign-in-failed', unknown.body.message]);
    expect(unknown.status).toBe(401);
    expect((await browser().signIn(OWNER_EMAIL, NEW_PASSWORD)).status).toBe(200);
  });

  it('locks an address out after failures, longer each time, whether or not somebody has it', async () => {
    await invite();
    const lock = async (email: string) => {
      for (let round = 0; round < 5; round++) await browser().signIn(email, 'not the password');
      return browser().signIn(email, NEW_PASSWORD);
    };
    const known = await lock(`person-${people}@example.test`);
    expect([known.status, known.body.code]).toEqual([429, 'locked-out']);
    expect(Number(known.headers.get('retry-after'))).toBeGreaterThan(30);
    const unknown = await lock('not-there@example.test');
    expect([unknown.status, unknown.body.code]).toEqual([429, 'locked-out']);
    const users = await owner.call(listUsers);
    expect(users.body.users.find((user) => user.email === `person-${people}@example.test`)?.lockedUntil).toBeTruthy();

    await service.sql(`UPDATE identity.sign_in_attempts SET locked_until = now() - interval '1 second'`);
    const before = Date.now();
    expect((await browser().signIn('not-there@example.test', 'x')).status).toBe(401);
    const [row] = await service.sql<{ until: Date; failures: number }>(
      'SELECT max(locked_until) AS until, max(failures) AS failures FROM identity.sign_in_attempts',
    );
    expect(row?.failures).toBe(6);
    expect(row?.until.getTime()).toBeGreaterThan(before + 110_000);
    expect((await browser().signIn(`person-${people}@example.test`, NEW_PASSWORD)).status).toBe(200);
    expect((await browser().signIn(`person-${people}@example.test`, NEW_PASSWORD)).status).toBe(200);
  });

  it('gives a burst of guesses no more tries than one after the other', async () => {
    const email = 'burst@example.test';
    const answers = await Promise.all(Array.from({ length: 12 }, () => browser().signIn(email, 'guess')));
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(5);
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(7);
  });

  it('limits failures per network address, over all users', async () => {
    await service.sql(`INSERT INTO identity.address_failures VALUES ('sign-in', '198.51.100.9', 99, now())`);
    const guesser = browser();
    guesser.address = '198.51.100.9';
    expect((await guesser.signIn('guess-1@example.test', 'x')).status).toBe(401);
    const refused = await guesser.signIn(OWNER_EMAIL, NEW_PASSWORD);
    expect([refused.status, refused.body.code]).toEqual([429, 'too-many-requests']);
    expect((await browser().signIn(OWNER_EMAIL, NEW_PASSWORD)).status).toBe(200);
    await service.sql(`UPDATE identity.address_failures SET since = now() - interval '16 minutes'`);
    expect((await guesser.signIn(OWNER_EMAIL, NEW_PASSWORD)).status).toBe(200);
  });
});

describe('the password', () => {
  it('must be changed first: nothing else works until then', async () => {
    const made = await owner.invite('administrator', 'changes@example.test');
    await service.sql(`UPDATE identity.users SET must_change_password = true WHERE email = 'changes@example.test'`);
    const refused = await made.call(listUsers);
    expect([refused.status, refused.body.code]).toEqual([403, 'password-change-required']);
    expect((await made.call(currentSession)).body.mustChangePassword).toBe(true);
    expect((await made.changePassword(NEW_PASSWORD, 'another fine long phrase')).body.mustChangePassword).toBe(false);
    expect((await made.call(listUsers)).status).toBe(200);
  });

  it('is changed only with the current one, by the rules; all other sessions end', async () => {
    const person = await invite();
    const email = person.session?.user.email ?? '';
    const elsewhere = browser();
    await elsewhere.signIn(email, NEW_PASSWORD);
    expect((await person.changePassword('wrong', 'another fine long phrase')).body.code).toBe('sign-in-failed');
    const broken = await person.changePassword(NEW_PASSWORD, 'passwordpassword');
    expect([broken.status, broken.body.faults?.[0]?.field]).toEqual([400, 'newPassword']);
    expect((await person.changePassword(NEW_PASSWORD, NEW_PASSWORD)).status).toBe(400);

    const before = person.cookie;
    expect((await person.changePassword(NEW_PASSWORD, 'another fine long phrase')).status).toBe(200);
    expect(person.cookie).not.toBe(before);
    expect((await elsewhere.call(currentSession)).status).toBe(401);
    const old = browser();
    old.cookie = before;
    expect((await old.call(currentSession)).status).toBe(401);
    expect((await person.call(currentSession)).status).toBe(200);
    expect((await browser().signIn(email, NEW_PASSWORD)).status).toBe(401);
  });
});

describe('a session', () => {
  it('changes nothing without its CSRF token, nor with another session’s', async () => {
    const person = await invite();
    const other = await invite();
    const { id } = person.session ?? { id: '' };
    for (const token of ['', 'wrong', other.session?.csrfToken ?? '']) {
      const refused = await person.call(endOwnSession, { params: { id } }, { [CSRF_HEADER]: token });
      expect([refused.status, refused.body.code]).toEqual([403, 'csrf-refused']);
    }
    expect((await person.call(currentSession)).body.csrfToken).toBe(person.session?.csrfToken);
    expect((await person.call(endOwnSession, { params: { id } })).status).toBe(204);
  });

  it('ends by sign-out, and its cookie is taken back', async () => {
    const person = await invite();
    const answer = await person.call(signOut);
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/__Host-muster-session=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
  });

  it('ends when it was idle, and at the latest after its hours', async () => {
    const idle = await invite();
    await service.sql(`UPDATE identity.sessions SET last_seen_at = now() - interval '61 minutes' WHERE id = $1`, [
      idle.session?.id,
    ]);
    expect((await idle.call(currentSession)).body.code).toBe('not-signed-in');
    const old = await invite();
    await service.sql(`UPDATE identity.sessions SET expires_at = now() WHERE id = $1`, [old.session?.id]);
    expect((await old.call(currentSession)).status).toBe(401);
    const used = await invite();
    await service.sql(`UPDATE identity.sessions SET last_seen_at = now() - interval '59 minutes' WHERE id = $1`, [
      used.session?.id,
    ]);
    expect((await used.call(currentSession)).status).toBe(200);
    const [row] = await service.sql<{ fresh: boolean }>(
      `SELECT last_seen_at > now() - interval '1 minute' AS fresh FROM identity.sessions WHERE id = $1`,
      [used.session?.id],
    );
    expect(row?.fresh).toBe(true);
  });

  it('is listed and ended by its owner, and by nobody who lacks the right', async () => {
    const person = await invite();
    const other = await invite();
    await browser().signIn(person.session?.user.email ?? '', NEW_PASSWORD);
    const { sessions } = (await person.call(listOwnSessions)).body;
    expect(sessions).toHaveLength(2);
    expect(sessions.filter((session) => session.current).map((session) => session.id)).toEqual([person.session?.id]);
    expect(sessions[0]).toMatchObject({ address: '192.0.2.1', userAgent: 'browser of a test' });

    const params = { id: person.session?.id ?? '' };
    expect((await other.call(endOwnSession, { params })).status).toBe(404);
    expect((await other.call(endAnySession, { params })).status).toBe(403);
    expect((await other.call(listAllSessions)).status).toBe(403);
    expect((await owner.call(listAllSessions)).body.sessions.map((session) => session.id)).toContain(params.id);
    expect((await owner.call(endAnySession, { params })).status).toBe(204);
    expect((await person.call(currentSession)).status).toBe(401);
    expect((await owner.call(endAnySession, { params })).status).toBe(404);
  });

  it('is verified for other services, and its end is heard by them within a second', async () => {
    const web = await service.busOf('web', [Ear]);
    const person = await invite();
    const credential = person.cookie ?? '';
    const verified = await web.request(verifyCredential, { kind: 'session', credential, address: '' });
    expect(verified).toMatchObject({
      credentialId: person.session?.id,
      csrfToken: person.session?.csrfToken,
      mustChangePassword: false,
    });
    expect(verified.permissions).toEqual(person.session?.permissions);

    await owner.call(endAnySession, { params: { id: verified.credentialId } });
    await eventually(() => heard.some(({ kind, id }) => kind === 'session' && id === verified.credentialId), {
      within: 1000,
    });
    const asked = web.request(verifyCredential, { kind: 'session', credential, address: '' });
    await expect(asked).rejects.toMatchObject({ code: 'not-signed-in' });
    const garbage = web.request(verifyCredential, { kind: 'token', credential, address: '' });
    await expect(garbage).rejects.toMatchObject({ code: 'not-signed-in' });
  });
});

describe('housekeeping', () => {
  it('removes what has expired and nothing else', async () => {
    const person = await invite();
    await browser().signIn(person.session?.user.email ?? '', NEW_PASSWORD);
    await service.sql(`UPDATE identity.sessions SET expires_at = now() - interval '1 minute' WHERE id = $1`, [
      person.session?.id,
    ]);
    await service.sql(
      `INSERT INTO identity.address_failures VALUES ('sign-in', 'old', 1, now() - interval '1 hour'), ('sign-in', 'new', 1, now())`,
    );
    await service.instances[0]?.app.get(Housekeeping).sweep();
    const left = await service.sql('SELECT 1 FROM identity.sessions WHERE user_id = $1', [person.session?.user.id]);
    expect(left).toHaveLength(1);
    const rows = await service.sql<{ address: string }>('SELECT address FROM identity.address_failures');
    expect(rows.map((row) => row.address)).toEqual(['new']);
  });
});
