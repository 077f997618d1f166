import 'reflect-metadata';
import {
  askPasswordReset,
  currentSession,
  lookAtPasswordReset,
  PASSWORD_RESET_PAGE,
  removeEmailSettings,
  resetPassword,
  updateUser,
  usePasswordReset,
} from '@muster/contracts';
import { Database, newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser, NEW_PASSWORD } from '../../testing/browser';
import { secretIn, WithMail } from '../../testing/with-mail';
import { ResetRequests } from './reset-requests';

const PASSWORD = 'green lanterns over the harbour';
let mail: WithMail;
let owner: Browser;
beforeAll(async () => {
  mail = await WithMail.start({}, { PASSWORD_RESETS_PER_EMAIL: '3', PASSWORD_RESETS_PER_ADDRESS: '6' });
  owner = mail.owner;
  await mail.save();
});
afterAll(() => mail?.stop());
beforeEach(async () => {
  await mail.service.sql('DELETE FROM identity.address_failures');
  await mail.outbox.news();
});

const nobody = () => new Browser(mail.service.origin);
const someone = () => owner.invite('technician', `${newId()}@example.test`);
const emailOf = (person: Browser) => person.session?.user.email ?? '';
const ask = (email: string, from = nobody()) => from.call(askPasswordReset, { body: { email } });
const use = (secret: string, newPassword = PASSWORD) =>
  nobody().call(usePasswordReset, { body: { secret, newPassword } });
const look = (secret: string) => nobody().call(lookAtPasswordReset, { body: { secret } });
const secretFor = async (email: string, after = 0) =>
  secretIn((await mail.smtp.messageTo(email, after)).text, PASSWORD_RESET_PAGE);
const news = async () => (await mail.outbox.news()).map(({ subject, payload }) => ({ subject, ...payload }));
const handled = () =>
  eventually(async () => (await mail.service.sql('SELECT 1 FROM identity.password_reset_requests')).length === 0);
const countFor = (email: string) => mail.smtp.messages().filter(({ envelope }) => envelope.to.includes(email)).length;

describe('a forgotten password', () => {
  it('is replaced by a link, which ends all sessions, and is told to the audit log', async () => {
    const person = await someone();
    const [email, userId] = [emailOf(person), person.session?.user.id];
    await mail.outbox.news();
    const asked = await ask(email.toUpperCase());
    expect([asked.status, asked.body]).toEqual([204, undefined]);
    const taken = await mail.smtp.messageTo(email);
    for (const text of [email, '192.0.2.1']) expect(taken.text).toContain(text);
    const secret = secretIn(taken.text, PASSWORD_RESET_PAGE);
    expect((await look(secret)).body).toEqual({ email, expiresAt: expect.any(String) });
    expect((await person.call(currentSession)).status).toBe(200);
    expect(await mail.isKept(secret)).toEqual([]);

    const used = await use(secret);
    expect([used.status, used.headers.getSetCookie()]).toEqual([204, []]);
    expect((await person.call(currentSession)).status).toBe(401);
    expect((await nobody().signIn(email, NEW_PASSWORD)).status).toBe(401);
    expect((await nobody().signIn(email, PASSWORD)).body).toMatchObject({ mustChangePassword: false });
    expect(await news()).toMatchObject([
      { subject: 'password-reset.asked.v1', actor: { kind: 'person', name: email, address: '192.0.2.1' }, userId },
      { subject: 'password.changed.v1', actor: { id: userId, name: email }, userId, reset: false, byLink: true },
      { subject: 'session.ended.v1', actor: { id: userId, name: email, address: '192.0.2.1' }, userId },
      { subject: 'session.refused.v1' },
      { subject: 'session.began.v1' },
    ]);
  });

  it('is replaced once by one link, also for many at the same moment', async () => {
    const email = emailOf(await someone());
    await ask(email);
    const secret = await secretFor(email);
    const answers = await Promise.all(Array.from({ length: 5 }, () => use(secret)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404]);
    expect([(await use(secret)).status, (await look(secret)).status]).toEqual([404, 404]);
  });

  it('takes every link of the person with it', async () => {
    const email = emailOf(await someone());
    await ask(email);
    const first = await secretFor(email);
    await ask(email);
    const second = await secretFor(email, 1);
    expect((await look(first)).status).toBe(200);
    expect((await use(second)).status).toBe(204);
    expect((await use(first)).status).toBe(404);
  });

  it('is not replaced when the time of the link is over, nor by one that the rules refuse', async () => {
    const email = emailOf(await someone());
    await ask(email);
    const secret = await secretFor(email);
    expect((await use(secret, 'passwordpassword')).status).toBe(400);
    await mail.service.sql('UPDATE identity.password_resets SET expires_at = now()');
    expect([(await use(secret)).status, (await look(secret)).status]).toEqual([404, 404]);
    expect((await nobody().signIn(email, NEW_PASSWORD)).status).toBe(200);
  });

  it.each([
    ['changes it', (person: Browser) => person.changePassword(NEW_PASSWORD, 'blue lanterns over the harbour')],
    [
      'is given a one-time password',
      (person: Browser) => owner.call(resetPassword, { params: { id: person.session?.user.id ?? '' } }),
    ],
    [
      'is disabled',
      (person: Browser) =>
        owner.call(updateUser, { params: { id: person.session?.user.id ?? '' }, body: { disabled: true } }),
    ],
  ])('is not replaced by a link from before the person %s', async (_what, change) => {
    const person = await someone();
    await ask(emailOf(person));
    const secret = await secretFor(emailOf(person));
    expect((await change(person)).status).toBe(200);
    expect([(await look(secret)).status, (await use(secret)).status]).toEqual([404, 404]);
  });

  it('lifts the lock that guessing brought about', async () => {
    const email = emailOf(await someone());
    for (let round = 0; round < 5; round += 1) await nobody().signIn(email, 'not the password');
    expect((await nobody().signIn(email, NEW_PASSWORD)).body.code).toBe('locked-out');
    await ask(email);
    await use(await secretFor(email));
    expect((await nobody().signIn(email, PASSWORD)).status).toBe(200);
  });
});

describe('asking tells nobody who has an account', () => {
  it('by the answer or by mail', async () => {
    const known = emailOf(await someone());
    const disabled = await someone();
    await owner.call(updateUser, { params: { id: disabled.session?.user.id ?? '' }, body: { disabled: true } });
    await mail.outbox.news();
    const unknown = `${newId()}@example.test`;
    const answers = [await ask(known), await ask(unknown), await ask(emailOf(disabled))];
    const seen = answers.map(({ status, body, headers }) => {
      const names = [...headers.keys()].sort();
      return { status, body, names, length: headers.get('content-length') };
    });
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    await secretFor(known);
    await handled();
    expect([countFor(unknown), countFor(emailOf(disabled))]).toEqual([0, 0]);
    expect((await news()).map(({ subject }) => subject)).toEqual(['password-reset.asked.v1']);
  });

  it('by the work: taking a request does the same for every address, and looks nobody up', async () => {
    const known = emailOf(await someone());
    const unknown = `${newId()}@example.test`;
    const resting = vi.spyOn(ResetRequests.prototype, 'handle').mockResolvedValue();
    const transactions = vi.spyOn(Database.prototype, 'unscoped');
    const lookups = vi.spyOn(Database.prototype, 'across');
    const scoped = vi.spyOn(Database.prototype, 'inOrganisation');
    try {
      const counts: number[] = [];
      for (const email of [known, unknown]) {
        transactions.mockClear();
        expect((await ask(email)).status).toBe(204);
        counts.push(transactions.mock.calls.length);
      }
      expect(counts[0]).toBeGreaterThan(0);
      expect(counts[1]).toBe(counts[0]);
      expect(lookups.mock.calls.map(([name]) => name)).not.toContain('user by e-mail address');
      expect(scoped).not.toHaveBeenCalled();
      const rows = await mail.service.sql<{ email: string }>(
        'SELECT email FROM identity.password_reset_requests ORDER BY asked_at',
      );
      expect(rows.map(({ email }) => email)).toEqual([known, unknown]);
    } finally {
      for (const spy of [resting, transactions, lookups, scoped]) spy.mockRestore();
    }
    await handled();
    await secretFor(known);
    expect(countFor(unknown)).toBe(0);
  });

  it('by its limit: so many for one address, whether somebody has it or not', async () => {
    for (const email of [emailOf(await someone()), `${newId()}@example.test`]) {
      await mail.service.sql('DELETE FROM identity.address_failures');
      const answers = [];
      for (let round = 0; round < 5; round += 1) answers.push(await ask(email));
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 429, 429]);
      expect(answers[3]?.body.code).toBe('too-many-requests');
      expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(60);
    }
  });

  it('by the limit of a network, which holds for all addresses together', async () => {
    const asks = async (address: string, times: number) => {
      const from = nobody();
      from.address = address;
      const statuses = [];
      for (let round = 0; round < times; round += 1) statuses.push((await ask(`${newId()}@example.test`, from)).status);
      return statuses;
    };
    expect(await asks('2001:db8::1', 7)).toEqual([204, 204, 204, 204, 204, 204, 429]);
    expect(await asks('2001:db8::2', 1)).toEqual([429]);
    expect(await asks('192.0.2.40', 1)).toEqual([204]);
  });

  it.each(['', 'jo', 'jo@example.test\r\nBcc: x@example.test', '"a b"@localhost'])('%j is refused', async (email) => {
    expect((await ask(email)).status).toBe(400);
  });
});

it('is refused where no mail is sent, in the same way for everybody', async () => {
  const person = await someone();
  await owner.call(removeEmailSettings);
  const answers = [await ask(emailOf(person)), await ask(`${newId()}@example.test`)];
  expect(answers.map(({ status, body }) => [status, body.message])).toEqual([
    [409, answers[0]?.body.message],
    [409, answers[0]?.body.message],
  ]);
  expect(await mail.service.sql('SELECT 1 FROM identity.password_reset_requests')).toEqual([]);
  await mail.save();
});
