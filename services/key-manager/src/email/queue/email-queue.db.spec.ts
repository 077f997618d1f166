import 'reflect-metadata';
import {
  createInvitation,
  type EmailMessage,
  INVITATION_PAGE,
  type Invitation,
  listEmailMessages,
  listInvitations,
  retryEmails,
} from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretIn, WithMail } from '../../testing/with-mail';

let mail: WithMail;
beforeAll(async () => {
  mail = await WithMail.start({ refuse: ['gone@example.test'], defer: ['busy@example.test'] });
  await mail.save();
});
afterAll(() => mail?.stop());

const invite = async (email: string): Promise<Invitation> => {
  const answer = await mail.owner.call(createInvitation, { body: { email, name: 'Jo', role: 'technician' } });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const messageFor = async (email: string): Promise<EmailMessage | undefined> =>
  (await mail.owner.call(listEmailMessages)).body.messages.find(({ recipient }) => recipient === email);
const invitationFor = async (email: string) =>
  (await mail.owner.call(listInvitations)).body.invitations.find((invitation) => invitation.email === email);
const countFor = (email: string) => mail.smtp.messages().filter(({ envelope }) => envelope.to.includes(email)).length;

describe('a message', () => {
  it('goes after the request, not in it, and is gone from the queue when the server took it', async () => {
    expect(await invite('first@example.test')).toMatchObject({ delivery: 'waiting' });
    const taken = await mail.smtp.messageTo('first@example.test');
    expect(taken).toMatchObject({ tls: true, user: 'muster' });
    await eventually(async () => (await invitationFor('first@example.test'))?.delivery === 'sent');
    expect(await messageFor('first@example.test')).toBeUndefined();
  });

  it('is kept sealed: no table, no log and no fact has the secret of its link', async () => {
    await mail.smtp.stop();
    await invite('sealed@example.test');
    await eventually(async () => ((await messageFor('sealed@example.test'))?.attempts ?? 0) > 0);
    const [row] = await mail.service.sql<{ waiting: string }>(
      `SELECT count(*)::text AS waiting FROM identity.email_messages WHERE recipient = 'sealed@example.test'`,
    );
    expect(row?.waiting).toBe('1');
    expect(await mail.isKept(`${INVITATION_PAGE}#`)).toEqual([]);
    await mail.smtp.start();
    const secret = secretIn((await mail.smtp.messageTo('sealed@example.test')).text, INVITATION_PAGE);
    expect(await mail.isKept(secret)).toEqual([]);
  });

  it('waits while the server is down, and arrives once when it is up, whichever of three instances sends it', async () => {
    await mail.smtp.stop();
    await invite('patient@example.test');
    await eventually(async () => ((await messageFor('patient@example.test'))?.attempts ?? 0) >= 2, { within: 20_000 });
    expect(await messageFor('patient@example.test')).toMatchObject({
      ...{ kind: 'invitation', state: 'waiting', problem: 'unreachable', nextAt: expect.any(String) },
      reply: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await invitationFor('patient@example.test')).toMatchObject({ delivery: 'waiting', problem: 'unreachable' });
    await mail.service.addInstance(INSTANCE);
    await mail.service.addInstance(INSTANCE);
    await mail.smtp.start();
    await mail.smtp.messageTo('patient@example.test');
    await eventually(async () => (await invitationFor('patient@example.test'))?.delivery === 'sent');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(countFor('patient@example.test')).toBe(1);
  });

  it('of many, sent by several instances at once, arrives once each', async () => {
    await mail.smtp.stop();
    const addresses = Array.from({ length: 12 }, (_, number) => `crowd-${number}@example.test`);
    for (const address of addresses) await invite(address);
    await mail.smtp.start();
    expect((await mail.owner.call(retryEmails)).body.count).toBeGreaterThan(0);
    for (const address of addresses) await mail.smtp.messageTo(address);
    await eventually(async () => (await mail.owner.call(listEmailMessages)).body.messages.length === 0);
    expect(addresses.map(countFor)).toEqual(addresses.map(() => 1));
  });

  it('that the server refuses for good is given up at once, and goes when somebody says so', async () => {
    await invite('gone@example.test');
    await eventually(async () => (await messageFor('gone@example.test'))?.state === 'given-up');
    expect(await messageFor('gone@example.test')).toMatchObject({
      ...{ attempts: 1, problem: 'recipient-refused', reply: expect.stringContaining('550 5.1.1') },
    });
    expect(await invitationFor('gone@example.test')).toMatchObject({
      delivery: 'failed',
      problem: 'recipient-refused',
    });
    await mail.smtp.stop();
    await mail.smtp.start({ refuse: [] });
    await mail.outbox.news();
    expect((await mail.owner.call(retryEmails)).body).toEqual({ count: 1 });
    await mail.smtp.messageTo('gone@example.test');
    expect(await mail.outbox.news()).toMatchObject([{ subject: 'email.retried.v1', payload: { count: 1 } }]);
  });

  it('that the server defers is tried again, each time later, until its time is over', async () => {
    await invite('busy@example.test');
    await eventually(async () => ((await messageFor('busy@example.test'))?.attempts ?? 0) >= 2, { within: 20_000 });
    expect(await messageFor('busy@example.test')).toMatchObject({ state: 'waiting', problem: 'recipient-refused' });
    await mail.service.sql(
      `UPDATE identity.email_messages SET gives_up_at = now(), next_at = now() WHERE recipient = 'busy@example.test'`,
    );
    await eventually(async () => (await messageFor('busy@example.test'))?.state === 'given-up', { within: 20_000 });
    const lines = mail.service.instances.flatMap((instance) => instance.lines);
    const errors = lines.map((line) => JSON.parse(line) as { level: string; msg?: string }).filter(isError);
    expect(errors.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(`${INVITATION_PAGE}#`);
  });

  it('is told apart by its pauses: each is twice the one before', async () => {
    const [row] = await mail.service.sql<{ attempts: number }>(
      `SELECT attempts FROM identity.email_messages WHERE recipient = 'busy@example.test'`,
    );
    expect(row?.attempts).toBeGreaterThanOrEqual(3);
    const pauses = mail.service.instances
      .flatMap(({ lines }) => lines.map((line) => JSON.parse(line) as Record<string, string | number>))
      .filter((line) => line['messageId'] && line['nextAt'] && line['problem'] === 'recipient-refused')
      .map((line) => [Number(line['attempts']), pauseOf(line)] as const);
    expect(pauses.length).toBeGreaterThanOrEqual(2);
    for (const [attempts, pause] of pauses) expect(Math.round(pause / 1000)).toBe(2 ** (attempts - 1));
  });
});

const INSTANCE = {
  EMAIL_POLL_SECONDS: '1',
  EMAIL_RETRY_SECONDS: '1',
  CONSOLE_ORIGIN: 'https://itsm.example.test:8443',
};
const isError = ({ level }: { level: string }): boolean => level === 'error';
const pauseOf = (line: Record<string, string | number>): number =>
  Date.parse(String(line['nextAt'])) - Date.parse(String(line['time']));
