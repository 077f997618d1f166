import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { serverFiles, TEST_DOMAIN } from '../../testing/test-broker';
import { KEY, PushUnderTest } from '../testing/push-under-test';

const HELLO = { to: ['d1'], message: { body: 'Hello' } };

let authority: TestAuthority;
let push: PushUnderTest;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  push = await PushUnderTest.start(authority, { settings: { PUSH_REQUEST_SECONDS: '1' } });
});
afterEach(() => push.stop());

async function dialled(): Promise<TLSSocket> {
  const { port } = push.service.server;
  const socket = connect({ host: '127.0.0.1', port, servername: TEST_DOMAIN, ca: authority.rootPem });
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that comes until the end of the connection. */
async function restOf(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await once(socket, 'close');
  return text;
}

it('takes a new certificate for new connections and drops nobody', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await push.post('/push', HELLO, { agent })).status).toBe(200);
  const before = await dialled();
  const serial = before.getPeerCertificate().serialNumber;
  expect(push.service.reload()).toEqual([]);
  await serverFiles(authority);
  expect(push.service.reload()).toEqual(['certificates']);
  const after = await dialled();
  expect(after.getPeerCertificate().serialNumber).not.toBe(serial);
  const request = `GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  before.write(request);
  expect(await restOf(before)).toContain('HTTP/1.1 200 OK');
  after.destroy();
  agent.destroy();
});

it('keeps the former certificate while the new one cannot be used', async () => {
  writeFileSync(join(authority.dir, 'server.pem'), 'nothing');
  expect(() => push.service.reload()).toThrow();
  expect((await push.post('/push', HELLO, { agent: new Agent() })).status).toBe(200);
});

it('answers what is not HTTP, has too many headers, or never ends', async () => {
  const notHttp = await dialled();
  notHttp.write('EHLO\r\n\r\n');
  expect(await restOf(notHttp)).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid-input"/s);
  const large = await dialled();
  large.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
  expect(await restOf(large)).toMatch(/^HTTP\/1\.1 431 .*"code":"too-large"/s);
  const begun = await dialled();
  begun.write('POST /push HTTP/1.1\r\nX: ');
  expect(await restOf(begun)).toMatch(/^HTTP\/1\.1 408 /);
  const half = await dialled();
  half.write(`POST /push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: 100\r\n\r\n{`);
  expect(await restOf(half)).toMatch(/^HTTP\/1\.1 408 /);
});

it('takes pipelined requests one after the other', async () => {
  const socket = await dialled();
  const body = JSON.stringify(HELLO);
  const one = `POST /push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${body.length}\r\n`;
  socket.write(`${one}\r\n${body}${one}Connection: close\r\n\r\n${body}`);
  expect((await restOf(socket)).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
});

it('finishes what runs before it closes, and takes nothing new', async () => {
  let kept: (outcome: 'stored') => void = () => undefined;
  push.xmpp.server.router.absentees = { keep: () => new Promise((resolve) => (kept = resolve)) };
  const running = push.post('/push', HELLO);
  while (push.service.server.connections === 0) await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 100));
  const closed = push.service.server.close();
  await expect(push.post('/push', HELLO, { agent: new Agent() })).rejects.toThrow();
  kept('stored');
  expect(await running).toMatchObject({ status: 200, body: { stored: 1 } });
  await closed;
});
