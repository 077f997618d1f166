import 'reflect-metadata';
import {
  acceptInvitation,
  createInvitation,
  createUser,
  DEFAULT_ORGANISATION_ID,
  INVITATION_PAGE,
  listInvitations,
  listUsers,
  lookAtInvitation,
  removeEmailSettings,
  renewInvitation,
  type Role,
  withdrawInvitation,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Browser, NEW_PASSWORD } from '../../testing/browser';
import { OWNER_EMAIL } from '../../testing/running-key-manager';
import { CONSOLE, secretIn, WithMail } from '../../testing/with-mail';

const PASSWORD = 'green lanterns over the harbour';
const ELSEWHERE = '01900000-0000-7000-8000-0000000000ee';

let mail: WithMail;
let owner: Browser;
let stranger: Browser;
beforeAll(async () => {
  mail = await WithMail.start({}, { FAILURES_PER_ADDRESS: '1000', KEY_MANAGER_DATABASE_POOL_SIZE: '2' });
  owner = mail.owner;
  await mail.save();
  stranger = await mail.stranger(ELSEWHERE);
});
afterAll(() => mail?.stop());
beforeEach(() => mail.outbox.news());

const nobody = () => new Browser(mail.service.origin);
const fresh = () => `${newId()}@example.test`;
const invite = (email: string, more: object = {}, by = owner) =>
  by.call(createInvitation, { body: { email, name: 'Jo Guest', role: 'technician', ...more } });
const secretFor = async (email: string, after = 0) =>
  secretIn((await mail.smtp.messageTo(email, after)).text, INVITATION_PAGE);
const accept = (secret: string, newPassword = PASSWORD) =>
  nobody().call(acceptInvitation, { body: { secret, newPassword } });
const look = (secret: string) => nobody().call(lookAtInvitation, { body: { secret } });
const news = async () => (await mail.outbox.news()).map(({ subject, payload }) => ({ subject, ...payload }));

describe('an invitation', () => {
  it('goes by mail, offers what was meant, and makes a user who signs in with a password of their own', async () => {
    const email = fresh();
    const made = await invite(email.toUpperCase(), { role: 'administrator' });
    expect(made.body).toMatchObject({ email, role: 'administrator', invitedBy: OWNER_EMAIL, delivery: 'waiting' });
    expect(made.body.link).toBeUndefined();
    const taken = await mail.smtp.messageTo(email);
    const secret = secretIn(taken.text, INVITATION_PAGE);
    expect(taken.html).toContain(`<a href="${CONSOLE}${INVITATION_PAGE}#${secret}">`);
    for (const text of ['Jo Guest', OWNER_EMAIL, 'administrator', email]) expect(taken.text).toContain(text);
    expect((await look(secret)).body).toEqual({
      ...{ email, name: 'Jo Guest', role: 'administrator', invitedBy: OWNER_EMAIL, expiresAt: made.body.expiresAt },
    });
    expect(await mail.isKept(secret)).toEqual([]);
    const accepted = await accept(secret);
    expect([accepted.status, accepted.headers.getSetCookie()]).toEqual([204, []]);
    const guest = nobody();
    expect((await guest.signIn(email, PASSWORD)).body).toMatchObject({
      mustChangePassword: false,
      user: { email, name: 'Jo Guest', role: 'administrator', organisationId: DEFAULT_ORGANISATION_ID },
    });
    expect((await owner.call(listInvitations)).body.invitations.map((one) => one.email)).not.toContain(email);
    const facts = await news();
    const invitationId = made.body.id;
    const { id: userId } = guest.session?.user ?? {};
    expect(facts.map(({ subject }) => subject)).toEqual([
      ...['invitation.created.v1', 'invitation.accepted.v1', 'user.created.v1', 'session.began.v1'],
    ]);
    expect(facts).toMatchObject([
      { actor: { name: OWNER_EMAIL }, invitationId, email, role: 'administrator', by: 'mail' },
      { actor: { kind: 'person', id: userId, name: email, address: '192.0.2.1' }, invitationId, email },
      { actor: { id: userId, name: email }, userId, email, role: 'administrator' },
      {},
    ]);
    expect(JSON.stringify(facts)).not.toContain(secret);
  });

  it('works once, also for many at the same moment', async () => {
    const email = fresh();
    await invite(email);
    const secret = await secretFor(email);
    const answers = await Promise.all(Array.from({ length: 6 }, () => accept(secret)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404]);
    expect((await owner.call(listUsers)).body.users.filter((user) => user.email === email)).toHaveLength(1);
    expect([(await accept(secret)).status, (await look(secret)).status]).toEqual([404, 404]);
  });

  it('keeps a password that breaks the rules from using it up', async () => {
    const email = fresh();
    await invite(email);
    const secret = await secretFor(email);
    const common = await accept(secret, 'passwordpassword');
    expect([common.status, common.body.faults?.[0]?.field]).toEqual([400, 'newPassword']);
    expect((await accept(secret, email)).status).toBe(400);
    expect((await accept(secret)).status).toBe(204);
  });

  it('ends when its time is over, and can be renewed then', async () => {
    const email = fresh();
    const { id } = (await invite(email)).body;
    const secret = await secretFor(email);
    await mail.service.sql(`UPDATE identity.invitations SET expires_at = now() WHERE id = $1`, [id]);
    expect([(await look(secret)).status, (await accept(secret)).status]).toEqual([404, 404]);
    expect((await owner.call(renewInvitation, { params: { id } })).status).toBe(200);
    expect((await accept(secret)).status).toBe(404);
    expect((await accept(await secretFor(email, 1))).status).toBe(204);
  });

  it('sent again, has a new link; the one before ends', async () => {
    const email = fresh();
    const { id } = (await invite(email)).body;
    const before = await secretFor(email);
    await mail.outbox.news();
    await owner.call(renewInvitation, { params: { id } });
    const after = await secretFor(email, 1);
    expect(await news()).toMatchObject([{ subject: 'invitation.renewed.v1', invitationId: id, email, by: 'mail' }]);
    expect((await look(before)).status).toBe(404);
    expect((await look(after)).status).toBe(200);
  });

  it('withdrawn, ends at once, and mail that has not gone yet does not go', async () => {
    const email = fresh();
    const { id } = (await invite(email)).body;
    const secret = await secretFor(email);
    await mail.outbox.news();
    expect((await owner.call(withdrawInvitation, { params: { id } })).status).toBe(204);
    expect((await accept(secret)).status).toBe(404);
    expect(await news()).toMatchObject([{ subject: 'invitation.withdrawn.v1', invitationId: id, email }]);
    expect((await owner.call(withdrawInvitation, { params: { id } })).status).toBe(404);

    await mail.smtp.stop();
    const unsent = (await invite(fresh())).body;
    await eventually(async () => (await deliveryOf(unsent.id)) === 'waiting');
    await owner.call(withdrawInvitation, { params: { id: unsent.id } });
    expect(await mail.service.sql('SELECT 1 FROM identity.email_messages WHERE subject_id = $1', [unsent.id])).toEqual(
      [],
    );
    await mail.smtp.start();
  });

  it('goes to nobody twice, nor to who has an account', async () => {
    const email = fresh();
    await invite(email);
    for (const address of [email, email.toUpperCase(), OWNER_EMAIL]) {
      const again = await invite(address);
      expect([again.status, again.body.code]).toEqual([409, 'conflict']);
    }
    const secret = await secretFor(email);
    await owner.call(createUser, { body: { email, name: 'Quicker', role: 'read-only' } });
    const late = await accept(secret);
    expect([late.status, late.body.code]).toEqual([409, 'conflict']);
    expect((await owner.call(listUsers)).body.users.filter((user) => user.email === email)).toMatchObject([
      { name: 'Quicker' },
    ]);
  });

  it.each(['"quoted local"@example.test', 'jo@localhost', 'jo', 'jo@example.test\r\nBcc: x@example.test'])(
    'is not made for %j',
    async (email) => {
      const answer = await invite(email);
      expect([answer.status, answer.body.faults?.[0]?.field]).toEqual([400, 'email']);
    },
  );

  it('shows names as what they are, on one line', async () => {
    const email = fresh();
    const name = 'Jo <b>bold</b>\r\n\r\nClick https://evil.test/ now & "then"';
    await invite(email, { name });
    const taken = await mail.smtp.messageTo(email);
    expect(taken.text).toContain('Hello Jo <b>bold</b> Click https://evil.test/ now & "then",');
    expect(taken.html).toContain('Jo &lt;b&gt;bold&lt;/b&gt; Click https://evil.test/ now &amp; &quot;then&quot;');
    expect(taken.html).not.toContain('<b>');
  });
});

it('are made by many at once, also with few connections to the database', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => invite(fresh())));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

describe('links', () => {
  it('begin with the configured origin, whatever a request says about its host', async () => {
    const email = fresh();
    const forged = { host: 'evil.test', 'x-forwarded-host': 'evil.test', origin: 'https://evil.test' };
    const body = { email, name: 'Jo', role: 'technician' };
    const made = await owner.call(createInvitation, { body }, forged);
    expect(made.status).toBe(200);
    const taken = await mail.smtp.messageTo(email);
    secretIn(taken.text, INVITATION_PAGE);
    expect(JSON.stringify(taken)).not.toContain('evil.test');
  });

  it('are guessed at only so often from one network', async () => {
    await mail.service.sql(`INSERT INTO identity.address_failures VALUES ('link', '192.0.2.99', 1000, now())`);
    const guesser = nobody();
    guesser.address = '192.0.2.99';
    const body = { secret: 'x'.repeat(43) };
    expect((await guesser.call(lookAtInvitation, { body })).status).toBe(429);
    const answer = await guesser.call(acceptInvitation, { body: { ...body, newPassword: PASSWORD } });
    expect([answer.status, answer.body.code]).toEqual([429, 'too-many-requests']);
  });
});

describe('who invites', () => {
  it('makes nobody who may do more than they may, and neither renews nor withdraws such an invitation', async () => {
    const administrator = await owner.invite('administrator', fresh());
    expect((await invite(fresh(), { role: 'owner' }, administrator)).status).toBe(403);
    const { id } = (await invite(fresh(), { role: 'owner' })).body;
    expect((await administrator.call(renewInvitation, { params: { id } })).status).toBe(403);
    expect((await administrator.call(withdrawInvitation, { params: { id } })).status).toBe(403);
    expect((await invite(fresh(), {}, administrator)).status).toBe(200);
  });

  it.each(['technician', 'read-only'] as const)('is no %s', async (role: Role) => {
    const person = await owner.invite(role, fresh());
    expect((await invite(fresh(), {}, person)).status).toBe(403);
    expect((await person.call(listInvitations)).status).toBe(403);
  });

  it('sees the own organisation’s invitations only, and cannot touch those of others', async () => {
    const email = fresh();
    const { id } = (await invite(email)).body;
    expect((await stranger.call(listInvitations)).body.invitations).toEqual([]);
    expect((await stranger.call(renewInvitation, { params: { id } })).status).toBe(404);
    expect((await stranger.call(withdrawInvitation, { params: { id } })).status).toBe(404);
    expect((await look(await secretFor(email))).status).toBe(200);
  });

  it('invites to another organisation only as an owner of the default one, and only to one that is there', async () => {
    const administrator = await owner.invite('administrator', fresh());
    expect((await invite(fresh(), { organisationId: ELSEWHERE }, administrator)).status).toBe(403);
    const back = await invite(fresh(), { organisationId: DEFAULT_ORGANISATION_ID }, stranger);
    expect([back.status, back.body.code]).toEqual([403, 'permission-denied']);
    expect((await invite(fresh(), { organisationId: newId() })).status).toBe(404);
    const email = fresh();
    expect((await invite(email, { organisationId: ELSEWHERE })).status).toBe(200);
    expect((await stranger.call(listInvitations)).body.invitations).toMatchObject([{ email, invitedBy: OWNER_EMAIL }]);
    await accept(await secretFor(email));
    const guest = nobody();
    expect((await guest.signIn(email, PASSWORD)).body.user).toMatchObject({ organisationId: ELSEWHERE });
  });
});

describe('where no mail is sent', () => {
  it('gets the link to hand over, once, and the list says so', async () => {
    await owner.call(removeEmailSettings);
    await mail.outbox.news();
    const email = fresh();
    const made = await invite(email);
    expect(made.body.delivery).toBe('hand');
    const secret = secretIn(made.body.link ?? '', INVITATION_PAGE);
    const list = await owner.call(listInvitations);
    expect(list.body.sendsMail).toBe(false);
    expect(list.body.invitations.find((one) => one.email === email)?.delivery).toBe('hand');
    expect(JSON.stringify(list.body)).not.toContain(secret);
    expect(await mail.isKept(secret)).toEqual([]);
    expect(await news()).toMatchObject([{ subject: 'invitation.created.v1', by: 'hand' }]);
    const renewed = await owner.call(renewInvitation, { params: { id: made.body.id } });
    expect((await look(secret)).status).toBe(404);
    expect((await accept(secretIn(renewed.body.link ?? '', INVITATION_PAGE), NEW_PASSWORD)).status).toBe(204);
    await mail.save();
  });
});

const deliveryOf = async (id: string) =>
  (await owner.call(listInvitations)).body.invitations.find((one) => one.id === id)?.delivery;
