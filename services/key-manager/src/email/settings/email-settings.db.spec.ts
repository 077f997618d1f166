import 'reflect-metadata';
import {
  createInvitation,
  listEmailMessages,
  readEmailSettings,
  readPasswordReset,
  removeEmailSettings,
  retryEmails,
  type Route,
  saveEmailSettings,
  testEmail,
} from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../../testing/browser';
import { MAIL_USER, WithMail } from '../../testing/with-mail';

let mail: WithMail;
let owner: Browser;
beforeAll(async () => {
  mail = await WithMail.start({ refuse: ['gone@example.test'] });
  owner = mail.owner;
});
afterAll(() => mail?.stop());
beforeEach(async () => {
  await mail.service.sql('DELETE FROM identity.email_settings');
  await mail.outbox.news();
});

const save = (changed: object = {}) => owner.call(saveEmailSettings, { body: { ...mail.settings(), ...changed } });
const saveWithoutPassword = (changed: object = {}) => {
  const { password: _password, ...rest } = { ...mail.settings(), ...changed };
  return owner.call(saveEmailSettings, { body: rest });
};
const test = (recipient = 'admin@example.test') => owner.call(testEmail, { body: { recipient } });

describe('the settings', () => {
  it('are absent at first: no mail is sent, and that is said', async () => {
    expect((await owner.call(readEmailSettings)).body).toMatchObject({ waiting: 0, givenUp: 0 });
    expect((await owner.call(readEmailSettings)).body.settings).toBeUndefined();
    expect((await owner.call(readPasswordReset)).body).toEqual({ available: false });
    expect([(await test()).status, (await test()).body.code]).toEqual([409, 'conflict']);
  });

  it('are given back without the password, which is kept nowhere readable and told to nobody', async () => {
    const answer = await save();
    const { password: _password, ...shown } = mail.settings();
    expect(answer.body.settings).toMatchObject({ ...shown, trustedCertificates: shown.trustedCertificates?.trim() });
    expect(answer.body.settings).toMatchObject({ hasPassword: true, changedBy: owner.session?.user.email });
    expect((await owner.call(readPasswordReset)).body).toEqual({ available: true });
    expect(JSON.stringify([answer.body, (await owner.call(readEmailSettings)).body])).not.toContain(MAIL_USER.password);
    expect(await mail.isKept(MAIL_USER.password)).toEqual([]);
    expect(await mail.outbox.news()).toMatchObject([
      {
        subject: 'email-settings.changed.v1',
        payload: {
          actor: { kind: 'person', name: owner.session?.user.email },
          fields: expect.arrayContaining([
            { field: 'host', after: 'localhost' },
            { field: 'password', after: 'set' },
          ]),
        },
      },
    ]);
  });

  it('tell what changed, and nothing where nothing did', async () => {
    await save();
    await mail.outbox.news();
    await saveWithoutPassword();
    expect(await mail.outbox.news()).toEqual([]);
    await saveWithoutPassword({ fromName: 'IT' });
    expect((await mail.outbox.news()).map(({ payload }) => payload['fields'])).toEqual([
      [{ field: 'fromName', before: 'Muster', after: 'IT' }],
    ]);
    await saveWithoutPassword({ user: undefined, fromName: 'IT' });
    expect((await mail.outbox.news()).map(({ payload }) => payload['fields'])).toEqual([
      [
        { field: 'userName', before: 'muster' },
        { field: 'password', after: 'removed' },
      ],
    ]);
    expect((await owner.call(removeEmailSettings)).status).toBe(204);
    expect((await owner.call(readEmailSettings)).body.settings).toBeUndefined();
    expect(await mail.outbox.news()).toMatchObject([{ subject: 'email-settings.changed.v1' }]);
    expect((await owner.call(removeEmailSettings)).status).toBe(204);
    expect(await mail.outbox.news()).toEqual([]);
  });

  it.each([
    ['another server', { host: '127.0.0.1' }],
    ['another user', { user: 'somebody' }],
    ['a readable connection', { security: 'none' }],
  ])('do not turn the password to %s', async (_what, changed) => {
    await save();
    const answer = await saveWithoutPassword(changed);
    expect([answer.status, answer.body.faults?.map(({ field }) => field)]).toEqual([400, ['password']]);
    expect((await owner.call(readEmailSettings)).body.settings).toMatchObject({ host: 'localhost', user: 'muster' });
  });

  it.each([
    ['fromName', 'Muster\r\nBcc: everybody@example.test'],
    ['fromName', 'Muster\nBcc: everybody@example.test'],
    ['fromAddress', 'muster@example.test\r\nBcc: x@example.test'],
    ['fromAddress', 'muster'],
    ['host', 'mail.example.test\r\nX'],
    ['host', 'user@mail.example.test'],
    ['host', ''],
    ['port', 0],
    ['port', 65_536],
    ['security', 'perhaps'],
    ['user', 'a\r\nb'],
    ['trustedCertificates', 'no certificate'],
    ['trustedCertificates', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['somethingElse', 'x'],
  ])('refuse %s %j', async (field, value) => {
    const answer = await save({ [field]: value });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-input']);
    expect(answer.body.faults?.map((fault) => fault.field)).toEqual([field]);
    expect((await owner.call(readEmailSettings)).body.settings).toBeUndefined();
  });

  it('are the operator’s: neither administrators nor owners of other organisations see or change them', async () => {
    await save();
    await mail.outbox.news();
    const administrator = await owner.invite('administrator', 'administrator@example.test');
    const stranger = await mail.stranger();
    await mail.outbox.news();
    const calls: [Route, object?][] = [
      [readEmailSettings],
      [saveEmailSettings, { body: mail.settings() }],
      [removeEmailSettings],
      [testEmail, { body: { recipient: 'x@example.test' } }],
      [listEmailMessages],
      [retryEmails],
    ];
    for (const person of [administrator, stranger]) {
      for (const [route, input] of calls) {
        const answer = await person.call(route, input);
        expect([route.path, answer.status, answer.body.code]).toEqual([route.path, 403, 'permission-denied']);
      }
    }
    expect(await mail.outbox.news()).toEqual([]);
    expect((await owner.call(readEmailSettings)).body.settings).toBeDefined();
  });
});

describe('the test message', () => {
  it('arrives, and what the mail server said is shown and remembered', async () => {
    await save();
    await mail.outbox.news();
    const answer = await test('admin@example.test');
    expect(answer.body).toMatchObject({ sent: true, reply: expect.stringContaining('250 2.0.0 Queued as') });
    const taken = await mail.smtp.messageTo('admin@example.test');
    expect(taken).toMatchObject({ tls: true, user: 'muster', text: expect.stringContaining('It works.') });
    expect((await owner.call(readEmailSettings)).body.lastSending).toEqual(answer.body);
    expect(await mail.outbox.news()).toMatchObject([
      { subject: 'email.tested.v1', payload: { recipient: 'admin@example.test', sent: true } },
    ]);
  });

  it.each([
    ['a wrong password', { password: 'wrong horse' }, 'sign-in-refused', /^535 5\.7\.8/],
    ['TLS that is not trusted', { trustedCertificates: undefined }, 'certificate', /certificate/],
    ['a port where nobody listens', { port: 1 }, 'unreachable', /ECONNREFUSED/],
  ])('fails with %s, in plain words and the server’s own', async (_what, changed, problem, reply) => {
    await save(changed);
    await mail.outbox.news();
    const { status, body } = await test();
    expect([status, body]).toEqual([
      200,
      {
        at: expect.any(String),
        sent: false,
        problem,
        explanation: expect.any(String),
        reply: expect.stringMatching(reply),
      },
    ]);
    expect(await mail.outbox.news()).toMatchObject([{ payload: { sent: false, problem } }]);
    expect(await mail.isKept('wrong horse')).toEqual([]);
  });

  it('fails with a recipient that the server refuses', async () => {
    await save();
    expect((await test('gone@example.test')).body).toMatchObject({
      ...{ sent: false, problem: 'recipient-refused' },
      reply: '550 5.1.1 Nobody here is called gone@example.test',
    });
  });

  it('goes on with a new password where the key that sealed the old one is gone', async () => {
    await save();
    await mail.service.sql(`UPDATE identity.email_settings SET sealed_password = '\\x01' || sealed_password`);
    expect((await test()).body).toMatchObject({ sent: false, problem: 'password-unreadable' });
    await save();
    expect((await test()).body).toMatchObject({ sent: true });
  });
});

describe('health and metrics', () => {
  const scrape = async () => (await fetch(`${mail.service.origin}/-/metrics`)).text();
  const ready = async () =>
    (await fetch(`${mail.service.origin}/-/health/ready`)).json() as Promise<{ ready: boolean; details?: object }>;

  it('say that the last message failed, and are well again after one that went', async () => {
    await save({ password: 'wrong horse' });
    await test();
    expect(await ready()).toMatchObject({ ready: true, details: { email: false } });
    expect(await scrape()).toMatch(/^muster_email_failing\{[^}]*\} 1$/m);
    await save();
    await test();
    expect(await ready()).toMatchObject({ ready: true, details: { email: true } });
    expect(await scrape()).toMatch(/^muster_email_failing\{[^}]*\} 0$/m);
  });

  it('count what waits', async () => {
    await save({ port: 1 });
    const person = { email: 'waiting@example.test', name: 'W', role: 'technician' };
    await owner.call(createInvitation, { body: person });
    await eventually(async () => /^muster_email_messages\{[^}]*state="waiting"[^}]*\} 1$/m.test(await scrape()));
  });
});
