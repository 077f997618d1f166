import 'reflect-metadata';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startSmtp, TestAuthority, type TestSmtp, type TestSmtpOptions } from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isMailAddress } from './mail-address';
import { sendEmail } from './send-email';
import { SmtpFailure } from './smtp-failure';
import type { OutgoingEmail, SmtpServer } from './smtp-server';

const CLIENT = { name: 'itsm.example.test', timeoutMs: 10_000 };
const SIGN_IN = { user: 'muster', password: 'right horse' };
const EMAIL: OutgoingEmail = {
  recipient: 'jo@example.test',
  subject: 'A test',
  text: 'Hello\n',
  html: '<p>Hello</p>',
  id: 'one',
};

let authority: TestAuthority;
const open: Array<() => unknown> = [];
beforeAll(async () => void (authority = await TestAuthority.create()));
afterAll(() => authority?.remove());
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function smtp(options: TestSmtpOptions = {}): Promise<TestSmtp> {
  const started = await startSmtp({ authority, ...options });
  open.push(() => started.remove());
  return started;
}

const at = ({ port }: { port: number }, more: Partial<SmtpServer> = {}): SmtpServer => ({
  ...{ host: 'localhost', port, security: 'none', fromAddress: 'muster@example.test', fromName: 'Muster' },
  trustedCertificates: authority.rootPem,
  ...more,
});

async function failureOf(server: SmtpServer, email = EMAIL, client = CLIENT): Promise<SmtpFailure> {
  const error: unknown = await sendEmail(server, email, client).then(
    (reply) => `was sent: ${reply}`,
    (reason: unknown) => reason,
  );
  if (error instanceof SmtpFailure) return error;
  throw new Error(String(error));
}

/** A server that says what it is told to, whatever comes. */
async function speaking(talk: (socket: Socket) => void): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}

describe('a message', () => {
  it.each([
    ['none', false],
    ['starttls', true],
    ['tls', true],
  ] as const)('arrives with %s, signed in, as text and HTML', async (security, tls) => {
    const server = await smtp({ security, ...SIGN_IN });
    const reply = await sendEmail(at(server, { security, ...SIGN_IN }), EMAIL, CLIENT);
    expect(reply).toMatch(/^250 2\.0\.0 Queued/);
    const [taken, ...more] = server.messages();
    expect(more).toEqual([]);
    expect(taken).toMatchObject({
      ...{ envelope: { from: 'muster@example.test', to: ['jo@example.test'] }, tls, user: 'muster' },
      ...{ text: 'Hello\n', html: expect.stringContaining('<p>Hello</p>') },
    });
    expect(Object.fromEntries(taken?.headers ?? [])).toMatchObject({
      ...{ From: 'Muster <muster@example.test>', To: 'jo@example.test', Subject: 'A test' },
      ...{ 'Message-ID': '<one@example.test>', 'Auto-Submitted': 'auto-generated' },
    });
  });

  it('arrives where nobody has to sign in', async () => {
    const server = await smtp();
    await sendEmail(at(server), EMAIL, CLIENT);
    expect(server.messages()).toMatchObject([{ user: null, tls: false }]);
  });

  it('says what it says in any script', async () => {
    const server = await smtp();
    const words = { subject: 'Größe 東京', text: 'Grüße 🙂\n', html: '<p>Grüße 🙂</p>' };
    await sendEmail(at(server, { fromName: 'Müller & Söhne, "IT"' }), { ...EMAIL, ...words }, CLIENT);
    const [taken] = server.messages();
    expect(taken?.text).toBe(words.text);
    const headers = Object.fromEntries(taken?.headers ?? []);
    expect(headers).toMatchObject({ Subject: words.subject, From: '"Müller & Söhne, \\"IT\\"" <muster@example.test>' });
  });
});

describe('what goes wrong is told apart, with the words of the mail server', () => {
  it('a wrong password', async () => {
    const server = await smtp({ security: 'starttls', ...SIGN_IN });
    const failure = await failureOf(at(server, { security: 'starttls', user: 'muster', password: 'wrong horse' }));
    expect(failure).toMatchObject({ problem: 'sign-in-refused', permanent: false });
    expect(failure.reply).toBe('535 5.7.8 That is not the password of this user');
    expect(JSON.stringify([failure.message, failure.reply])).not.toContain('wrong horse');
  });

  it('a sign-in that the server does not know, which is not left out silently', async () => {
    const server = await smtp();
    expect((await failureOf(at(server, SIGN_IN))).problem).toBe('sign-in-refused');
    expect(server.messages()).toEqual([]);
  });

  it('a sign-in that is missing', async () => {
    const server = await smtp(SIGN_IN);
    const failure = await failureOf(at(server));
    expect(failure).toMatchObject({ problem: 'sender-refused', reply: expect.stringContaining('530') });
  });

  it('TLS that is required and not offered: nothing of the message leaves', async () => {
    const server = await smtp();
    const failure = await failureOf(at(server, { security: 'starttls' }));
    expect(failure).toMatchObject({ problem: 'tls-not-offered', permanent: false });
    expect(failure.reply).toMatch(/^[45]\d\d /);
    expect(server.messages()).toEqual([]);
  });

  it.each(['starttls', 'tls'] as const)('a certificate that nobody trusted issued, with %s', async (security) => {
    const server = await smtp({ security });
    const failure = await failureOf(at(server, { security, trustedCertificates: undefined }));
    expect(failure.problem).toBe('certificate');
    expect(failure.reply).toMatch(/certificate/i);
    expect(server.messages()).toEqual([]);
  });

  it.each(['starttls', 'tls'] as const)('a certificate of another server, with %s', async (security) => {
    const server = await smtp({ security, names: ['mail.elsewhere.test'] });
    const failure = await failureOf(at(server, { security }));
    expect(failure).toMatchObject({ problem: 'certificate', reply: expect.stringContaining('mail.elsewhere.test') });
  });

  it('implicit TLS to a port that begins readable', async () => {
    const server = await smtp();
    expect((await failureOf(at(server, { security: 'tls' }))).problem).toBe('tls-failed');
  });

  it('a recipient that is refused, for good and for now', async () => {
    const server = await smtp({ refuse: ['gone@example.test'], defer: ['busy@example.test'] });
    expect(await failureOf(at(server), { ...EMAIL, recipient: 'gone@example.test' })).toMatchObject({
      ...{ problem: 'recipient-refused', permanent: true },
      reply: '550 5.1.1 Nobody here is called gone@example.test',
    });
    expect(await failureOf(at(server), { ...EMAIL, recipient: 'busy@example.test' })).toMatchObject({
      ...{ problem: 'recipient-refused', permanent: false, reply: expect.stringContaining('450 4.2.1') },
    });
  });

  it('a sender that is refused', async () => {
    const server = await smtp({ refuseSenders: ['muster@example.test'] });
    expect(await failureOf(at(server))).toMatchObject({ problem: 'sender-refused', permanent: false });
  });

  it('nobody who listens, and a name that nobody has', async () => {
    const server = await smtp();
    await server.stop();
    const unreachable = await failureOf(at(server));
    expect(unreachable).toMatchObject({ problem: 'unreachable', reply: expect.stringContaining('ECONNREFUSED') });
    expect((await failureOf(at(server, { host: 'no-such-host.invalid' }))).problem).toBe('name-unknown');
  });

  it('silence', async () => {
    const server = await speaking(() => undefined);
    expect((await failureOf(at(server), EMAIL, { ...CLIENT, timeoutMs: 300 })).problem).toBe('timeout');
  });

  it('a server that drips, whom the whole message has a time for', async () => {
    const server = await speaking((socket) => {
      const timer = setInterval(() => socket.write('220-wait\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    expect((await failureOf(at(server), EMAIL, { ...CLIENT, timeoutMs: 400 })).problem).toBe('timeout');
  });

  it('something that is no mail server, and one that hangs up', async () => {
    const web = await speaking((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await failureOf(at(web))).problem).toBe('not-understood');
    const rude = await speaking((socket) => socket.end());
    expect((await failureOf(at(rude))).problem).toBe('unreachable');
  });

  it('words that are long or more than a line are one line of bounded length', async () => {
    const server = await speaking((socket) => socket.write(`554 ${'no '.repeat(5000)}\r\n`));
    const { reply = '' } = await failureOf(at(server));
    expect(reply.length).toBeLessThanOrEqual(1500);
    expect(reply).not.toMatch(/[\r\n]/);
  });
});

describe('no header comes from what somebody typed', () => {
  it.each([
    'Muster\r\nBcc: everybody@example.test',
    'Muster\nBcc: everybody@example.test',
    'Muster\r\n\r\nAnother body',
    'Muster\u2028Bcc: everybody@example.test',
    'Muster" <other@example.test>, "x',
  ])('%j in the name or the subject', async (typed) => {
    const server = await smtp();
    await sendEmail(at(server, { fromName: typed }), { ...EMAIL, subject: typed }, CLIENT);
    const [taken] = server.messages();
    const names = taken?.headers.map(([name]) => name.toLowerCase()) ?? [];
    expect(names).not.toContain('bcc');
    expect(names.filter((name) => name === 'from' || name === 'subject')).toHaveLength(2);
    expect(taken).toMatchObject({
      envelope: { from: 'muster@example.test', to: ['jo@example.test'] },
      text: 'Hello\n',
    });
    const from = taken?.headers.find(([name]) => name === 'From')?.[1] ?? '';
    expect(from).toMatch(/<muster@example\.test>$/);
  });

  it.each([
    'jo@example.test\r\nRCPT TO:<everybody@example.test>',
    'jo@example.test\nBcc: everybody@example.test',
    'jo@example.test, everybody@example.test',
    '"jo\\"@evil.test> SIZE=1\r\nRCPT TO:<x"@example.test',
    'Jo <jo@example.test>',
    'jo@[127.0.0.1]',
    '@relay.test:jo@example.test',
    'jo@localhost',
    `${'a'.repeat(65)}@example.test`,
    '',
  ])('%j is no recipient: no connection is made', async (recipient) => {
    let connections = 0;
    const server = await speaking(() => (connections += 1));
    expect(isMailAddress(recipient)).toBe(false);
    expect(await failureOf(at(server), { ...EMAIL, recipient })).toMatchObject({
      problem: 'recipient-refused',
      permanent: true,
    });
    expect(connections).toBe(0);
  });

  it.each(['jo@example.test', 'jo.o+tag@mail.example.co.test', "o'neil@example.test", 'jö@exämple.test'])(
    '%s is a recipient',
    (address) => expect(isMailAddress(address)).toBe(true),
  );
});
