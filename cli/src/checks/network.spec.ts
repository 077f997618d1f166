import { once } from 'node:events';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { freePort } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError, EXIT } from '../core/exit-codes';
import type { Part } from '../stack/stack';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { UrlStack } from '../testing/url-stack';
import { MAGIC } from '../backup/sealed/header';
import { backupCheck } from './backups';
import { edgeCheck } from './edge';
import type { Check } from './finding';
import { hubTrustCheck } from './link';
import { pushCheck } from './push';
import { serviceCheck } from './services';
import { smtpCheck } from './smtp';
import { xmppCheck } from './xmpp';

const folder = testFolder();
const make = new CertificateMaker(folder);
const HOST = '127.0.0.1';
const open: Server[] = [];
const codes = async (check: Check) => (await check.run()).map(({ code, verdict }) => code ?? verdict);

async function listening<S extends Server>(server: S): Promise<number> {
  open.push(server);
  server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

let tls: { cert: string; key: string };
beforeAll(() => {
  make.authority('root', 'Root');
  const { crt: cert, key } = make.server('server', ['xmpp.company.test'], 'root');
  tls = { cert, key };
});
afterAll(() => open.forEach((server) => server.close()));

describe('the XMPP server', () => {
  const STREAM = `<stream:stream id='1' from='xmpp.company.test' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
  const place = (port: number) => ({ host: HOST, port, domain: 'xmpp.company.test', roots: [make.read('root.crt')] });

  it('that opens a stream over direct TLS is well', async () => {
    const asked: string[] = [];
    const server = createTls({ ...tls, ALPNProtocols: ['xmpp-client'] }, (socket) => {
      asked.push(String(socket.alpnProtocol));
      socket.on('error', () => undefined).once('data', () => socket.write(STREAM));
    });
    expect(await codes(xmppCheck(place(await listening(server))))).toEqual(['ok']);
    expect(asked).toEqual(['xmpp-client']);
  });

  it('that is not there, not trusted, or no XMPP server', async () => {
    const [unreachable] = await xmppCheck(place(await freePort())).run();
    expect(unreachable?.sentence).toMatch(/cannot be reached at 127\.0\.0\.1:\d+: the connection is refused\./);
    make.authority('other', 'Other');
    const { crt: cert, key } = make.server('stranger', ['xmpp.company.test'], 'other');
    const stranger = createTls({ cert, key }, (socket) => socket.on('error', () => undefined));
    expect(await codes(xmppCheck(place(await listening(stranger))))).toEqual(['xmpp-untrusted']);
    expect(await codes(xmppCheck(place(await listening(createHttps(tls)))))).toEqual(['xmpp-silent']);
    expect(await codes(xmppCheck(place(await listening(createServer((socket) => socket.end('SSH-2.0\r\n'))))))).toEqual(
      ['xmpp-silent'],
    );
    const proxy = createTls(tls, (socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    const [silent] = await xmppCheck(place(await listening(proxy))).run();
    expect(silent?.sentence).toContain('no XMPP server: it said "HTTP/1.1 400 Bad Request');
  });

  it('that only devices need to reach: no way to it is no fault, a wrong answer is', async () => {
    const seenBy = (connected: () => Promise<number>) => async (port: number) =>
      (await xmppCheck(place(port), { connected }).run())[0];
    const byNone = seenBy(async () => 0);
    const hidden = await freePort();
    expect(await byNone(hidden)).toMatchObject({ code: 'xmpp-out-of-sight', verdict: 'warning' });
    expect(await seenBy(() => Promise.reject(new Error('no database')))(hidden)).toMatchObject({ verdict: 'warning' });
    const proven = await seenBy(async () => 2)(hidden);
    expect(proven).toMatchObject({ verdict: 'ok' });
    expect(proven?.sentence).toMatch(/^2 devices are connected to the XMPP server/);

    const cutting = createServer((socket) => socket.on('error', () => undefined).resetAndDestroy());
    expect(await byNone(await listening(cutting))).toMatchObject({ code: 'xmpp-unreachable', verdict: 'fault' });
    make.authority('third', 'Third');
    const { crt: cert, key } = make.server('third-server', ['xmpp.company.test'], 'third');
    const stranger = createTls({ cert, key }, (socket) => socket.on('error', () => undefined));
    expect(await byNone(await listening(stranger))).toMatchObject({ code: 'xmpp-untrusted', verdict: 'fault' });
  });
});

describe('the edge', () => {
  it('answers by its name, is something else, or is not there', async () => {
    const server = createHttps(tls, (request, reply) => {
      reply.statusCode = request.headers.host === 'itsm.company.test' ? 200 : 421;
      reply.end();
    });
    const place = { host: HOST, port: await listening(server), name: 'itsm.company.test' };
    expect(await codes(edgeCheck(place))).toEqual(['ok']);
    make.authority('public', 'Public');
    expect(await codes(edgeCheck({ ...place, roots: [make.read('public.crt')] }))).toEqual(['edge-untrusted']);
    expect(await codes(edgeCheck({ ...place, name: 'other.company.test' }))).toEqual(['edge-wrong']);
    expect(await codes(edgeCheck({ ...place, port: await freePort() }))).toEqual(['edge-unreachable']);
  });
});

describe("the link's way to the ITSM server", () => {
  it('leads to one that is trusted, under its name; or under a root or a name that it should not', async () => {
    const port = await listening(createTls(tls, (socket) => socket.on('error', () => undefined)));
    const place = { host: HOST, port, name: 'xmpp.company.test', roots: [make.read('root.crt')] };
    expect(await codes(hubTrustCheck(place))).toEqual(['ok']);
    make.authority('foreign', 'Foreign');
    expect(await codes(hubTrustCheck({ ...place, roots: [make.read('foreign.crt')] }))).toEqual(['hub-untrusted']);
    expect(await codes(hubTrustCheck({ ...place, roots: [] }))).toEqual(['hub-untrusted']);
    expect(await codes(hubTrustCheck({ ...place, name: 'itsm.company.test' }))).toEqual(['hub-untrusted']);
    expect(await codes(hubTrustCheck({ ...place, port: await freePort() }))).toEqual([]);
  });
});

describe('the push service', () => {
  it('takes a key, refuses one, fails, or is not there', async () => {
    const server = createHttps(tls, (request, reply) => {
      const { authorization } = request.headers;
      reply.statusCode = authorization === 'Bearer right' ? 400 : authorization === 'Bearer broken' ? 500 : 401;
      reply.end('{}');
    });
    const port = await listening(server);
    expect(await codes(pushCheck({ host: HOST, port, key: 'right' }))).toEqual(['ok']);
    expect(await codes(pushCheck({ host: HOST, port }))).toEqual(['ok']);
    expect(await codes(pushCheck({ host: HOST, port, key: 'wrong' }))).toEqual(['push-refused']);
    expect(await codes(pushCheck({ host: HOST, port, key: 'broken' }))).toEqual(['push-failing']);
    expect(await codes(pushCheck({ host: HOST, port: await freePort() }))).toEqual(['push-unreachable']);
  });
});

describe('the mail server', () => {
  const smtp = (greeting: string, ehlo = '250-mail.test\r\n250 SIZE\r\n') =>
    listening(
      createServer((socket) => {
        socket
          .on('error', () => undefined)
          .on('data', (data) => {
            if (data.toString().startsWith('EHLO')) socket.write(ehlo);
          });
        socket.write(greeting);
      }),
    );

  it('takes connections, refuses them with its own words, or is not there', async () => {
    expect(await codes(smtpCheck({ host: HOST, port: await smtp('220 mail.test ESMTP\r\n'), tls: false }))).toEqual([
      'ok',
    ]);
    const port = await smtp('554-mail.test\r\n554 5.7.1 You are not welcome\r\n');
    const [refused] = await smtpCheck({ host: HOST, port, tls: false }).run();
    expect(refused).toMatchObject({
      code: 'smtp-refused',
      sentence: `The mail server at ${HOST}:${port} refuses: "554 5.7.1 You are not welcome".`,
    });
    expect(await codes(smtpCheck({ host: HOST, port: await freePort(), tls: false }))).toEqual(['smtp-unreachable']);
    expect(await codes(smtpCheck({ host: HOST, port, tls: true }))).toEqual(['smtp-unreachable']);
  });
});

describe('backups', () => {
  it('are missing, too old, or young enough; what is being written is none', async () => {
    const place = join(folder, 'backups');
    expect(await codes(backupCheck(place))).toEqual(['backup-missing']);
    mkdirSync(place);
    writeFileSync(join(place, 'now.backup.part'), MAGIC);
    writeFileSync(join(place, 'revocations.json'), '{}');
    expect(await codes(backupCheck(place))).toEqual(['backup-missing']);
    writeFileSync(join(place, 'old.backup'), MAGIC);
    const days = (count: number) => Date.now() / 1000 - count * 86_400;
    utimesSync(join(place, 'old.backup'), days(5), days(5));
    const [old] = await backupCheck(place).run();
    expect(old).toMatchObject({
      code: 'backup-too-old',
      sentence: 'The newest backup (old.backup) is 5 days old.',
    });
    writeFileSync(join(place, 'new.backup'), MAGIC);
    expect(await codes(backupCheck(place))).toEqual(['ok']);
  });
});

describe('services', () => {
  const part = (name: string, more: Partial<Part> = {}): Part => ({
    name,
    state: 'running',
    healthy: true,
    restarts: 0,
    ...more,
  });

  it('say by their own readiness what they wait for, and what they do without', async () => {
    const answers: Record<string, object> = {
      '/web/-/health/ready': { ready: false, checks: { running: true, database: false, nats: true } },
      '/key-manager/-/health/ready': {
        ready: true,
        checks: { running: true },
        details: { 'audit-head-signing': false },
      },
      '/bip/-/health/ready': { ready: true, checks: { running: true } },
    };
    const server = createHttp((request, reply) => reply.end(JSON.stringify(answers[request.url ?? ''] ?? {})));
    const url = `http://${HOST}:${await listening(server)}`;
    const stack = new UrlStack({ web: `${url}/web`, 'key-manager': `${url}/key-manager`, bip: `${url}/bip` });
    stack.running = [
      part('web'),
      part('key-manager'),
      part('bip'),
      part('plugins', { state: 'stopped', reason: 'it ended with code 1' }),
      part('postgres', { state: 'restarting', restarts: 7, reason: 'it took more memory than its limit' }),
      part('nats', { healthy: false, reason: 'answered 503' }),
      part('database', { state: 'done' }),
    ];
    const found = await serviceCheck(stack, '/opt/muster/itsm').run();
    expect(found.map(({ code, sentence }) => [code, sentence])).toEqual([
      ['service-not-ready', 'The service web runs and is not ready: it waits for database.'],
      ['service-without', 'The service key-manager works without audit-head-signing.'],
      [undefined, 'bip runs and is ready.'],
      ['service-down', 'The service plugins is down: it ended with code 1.'],
      [
        'service-restarting',
        'The service postgres ends again and again: 7 restarts, it took more memory than its limit.',
      ],
      ['service-not-ready', 'The service nats runs and is not ready: answered 503.'],
      [undefined, 'database is done.'],
    ]);
  });

  it('are all absent, or nobody can say', async () => {
    const stack = new UrlStack();
    stack.running = [part('web', { state: 'stopped' })];
    expect(await codes(serviceCheck(stack, '/x'))).toEqual(['stack-absent']);
    stack.parts = () => Promise.reject(new CliError(EXIT.unavailable, 'Docker does not answer: no socket'));
    expect(await codes(serviceCheck(stack, '/x'))).toEqual(['stack-unknown']);
  });
});
