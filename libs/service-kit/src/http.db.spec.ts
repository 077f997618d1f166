import { connect } from 'node:net';
import { EDGE_HEADERS } from '@muster/contracts';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drain } from './shutdown';
import { KeyManagerFixture } from './testing/key-manager.fixture';
import { HOME } from './testing/notes.module';
import { type Call, EDGE_SECRET, RunningService } from './testing/running-service';

let nats: TestNats;
let keyManager: KeyManagerFixture;
let service: RunningService;

beforeAll(async () => {
  nats = await startNats();
  keyManager = await KeyManagerFixture.start(nats);
  service = await RunningService.start(nats.credentials('bip'));
  keyManager.admit('reader', { permissions: ['devices.read'] });
  keyManager.admit('writer', { permissions: ['devices.read', 'devices.write'] });
  keyManager.admit('fresh', { permissions: ['devices.read', 'devices.write'], mustChangePassword: true });
  await eventually(async () => {
    await keyManager.beat();
    return (await service.call({ path: `/notes/${HOME}`, session: 'reader' })).status === 200;
  });
});
afterAll(async () => {
  if (service) await drain(service.app);
  await keyManager?.stop();
  await nats?.stop();
});

describe('who may call', () => {
  it('nobody past the edge, whatever they show', async () => {
    const answer = await service.call({ path: '/hello', edge: false, headers: { [EDGE_HEADERS.secret]: 'guessed' } });
    expect(answer).toMatchObject({ status: 403, json: { code: 'request-refused' } });
    expect((await service.call({ path: '/none', edge: false })).status).toBe(403);
  });

  it('anybody, on public routes, with the address that the edge saw', async () => {
    const answer = await service.call({
      path: '/hello',
      headers: { [EDGE_HEADERS.address]: '203.0.113.9', [EDGE_HEADERS.correlationId]: 'correlation-42' },
    });
    expect(answer).toMatchObject({ status: 200, text: 'hello 203.0.113.9 correlation-42' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers[EDGE_HEADERS.correlationId]).toBe('correlation-42');
  });

  it('whoever is signed in with the permission, by session or by token', async () => {
    const path = `/notes/${HOME}`;
    expect(await service.call({ path })).toMatchObject({ status: 401, json: { code: 'not-signed-in' } });
    expect(await service.call({ path, session: 'nobody' })).toMatchObject({ status: 401 });
    expect(await service.call({ path, session: 'reader' })).toMatchObject({
      status: 200,
      json: { writtenBy: 'ada@example.test' },
    });
    expect((await service.call({ path, headers: { authorization: 'Bearer reader' } })).status).toBe(200);
    const denied = await service.call({
      path: '/notes',
      method: 'POST',
      session: 'reader',
      csrf: 'csrf-token',
      body: {},
    });
    expect(denied).toMatchObject({ status: 403, json: { code: 'permission-denied' } });
  });

  it('a browser only with the CSRF token, a tool without', async () => {
    const note = { method: 'POST', path: '/notes', body: { title: 'x' } };
    for (const csrf of [undefined, '', 'wrong', 'csrf-toke']) {
      const answer = await service.call({ ...note, session: 'writer', csrf });
      expect(answer).toMatchObject({ status: 403, json: { code: 'csrf-refused' } });
    }
    expect((await service.call({ ...note, session: 'writer', csrf: 'csrf-token' })).status).toBe(200);
    expect((await service.call({ ...note, headers: { authorization: 'Bearer writer' } })).status).toBe(200);
  });

  it('nobody whose first password is not changed, but where that is allowed', async () => {
    const answer = await service.call({ path: `/notes/${HOME}`, session: 'fresh' });
    expect(answer).toMatchObject({ status: 403, json: { code: 'password-change-required' } });
    const allowed = await service.call({ method: 'DELETE', path: '/notes', session: 'fresh', csrf: 'csrf-token' });
    expect(allowed).toMatchObject({ status: 204, text: '' });
  });
});

describe('input and output', () => {
  it('names every fault of a person, typing errors too', async () => {
    const answer = await service.call({
      method: 'POST',
      path: '/notes',
      session: 'writer',
      csrf: 'csrf-token',
      body: { titel: 'x', loud: 'yes' },
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      code: 'invalid-input',
      faults: [{ field: 'titel', problem: 'is not a known field' }],
    });
    const query = await service.call({ path: `/notes/none?size=99`, session: 'reader' });
    expect(JSON.stringify(query.json.faults)).toMatch(/"id"/);
  });

  it('gives query values their types and replies no more than declared', async () => {
    const answer = await service.call({ path: `/notes/${HOME}?size=3&loud=true`, session: 'reader' });
    expect(JSON.parse(String(answer.json['title']))).toEqual({ size: 3, loud: true });
    expect(Object.keys(answer.json).sort()).toEqual(['id', 'title', 'writtenBy']);
  });

  it('sets headers and cookies', async () => {
    const { headers } = await service.call({
      method: 'POST',
      path: '/notes',
      session: 'writer',
      csrf: 'csrf-token',
      body: { title: 'x' },
    });
    expect(headers['x-note']).toBe('written');
    expect(headers['set-cookie']).toEqual(['__Host-note=yes; Path=/; HttpOnly; Secure; SameSite=Strict']);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toBeDefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('errors', () => {
  const fail = (title: string): ReturnType<RunningService['call']> =>
    service.call({ method: 'POST', path: '/fail', body: { title } });

  it('carry code, sentence and correlation id', async () => {
    const answer = await fail('conflict');
    expect(answer).toMatchObject({ status: 409, json: { code: 'conflict', message: 'There is one already.' } });
    expect(answer.json.correlationId).toBe(answer.headers[EDGE_HEADERS.correlationId]);
    expect(await fail('unavailable')).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
  });

  it('of our own doing leak nothing and are in the log under the same id', async () => {
    const answer = await fail('the plan');
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal' } });
    expect(answer.text).not.toMatch(/secret detail|the plan|stack/);
    const line = service.lines().find((one) => one['correlationId'] === answer.json.correlationId && one['err']);
    expect(line).toMatchObject({ level: 'error', service: 'bip', err: { message: 'secret detail: the plan' } });
  });

  const bad = { path: '/fail', method: 'POST' };
  const typed = (type: string): Call => ({ ...bad, body: 'a=b', headers: { 'content-type': type } });
  const refusals: Array<[string, number, string, Call]> = [
    ['an unknown address', 404, 'not-found', { path: '/none' }],
    ['an unknown address with a body', 404, 'not-found', { path: '/none', method: 'POST', body: {} }],
    [
      'a method that the address does not take',
      405,
      'method-not-allowed',
      { path: '/hello', method: 'POST', body: {} },
    ],
    ['that, with a parameter', 405, 'method-not-allowed', { path: `/notes/${HOME}`, method: 'DELETE' }],
    ['broken JSON', 400, 'invalid-input', { ...bad, body: '{"title":' }],
    ['a prototype in JSON', 400, 'invalid-input', { ...bad, body: '{"__proto__":{"x":1},"title":"x"}' }],
    ['JSON that is no object', 400, 'invalid-input', { ...bad, body: '[1]' }],
    ['no body', 400, 'invalid-input', bad],
    ['a malformed address', 400, 'invalid-input', { path: '/%zz' }],
    ['a body beyond the limit', 413, 'too-large', { ...bad, body: { title: 'x'.repeat(300_000) } }],
    [
      "a body beyond the route's limit",
      413,
      'too-large',
      { ...bad, path: '/import', body: `"${'x'.repeat(1024 ** 2)}"` },
    ],
    ['plain text', 415, 'unsupported-type', typed('text/plain')],
    ['a form', 415, 'unsupported-type', typed('application/x-www-form-urlencoded')],
  ];
  it.each(refusals)('%s: %i %s', async (_name, status, code, call) => {
    const answer = await service.call(call);
    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.json.correlationId).toMatch(/^[\w-]{8,64}$/);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('name the methods that an address takes', async () => {
    expect((await service.call({ path: '/hello', method: 'PUT', body: {} })).headers['allow']).toBe('GET, HEAD');
  });

  it('a route with a limit of its own takes more', async () => {
    const answer = await service.call({ path: '/import', method: 'POST', body: '{}' + ' '.repeat(500_000) });
    expect(answer.status).toBe(204);
  });

  it.each([
    ['no HTTP at all', 'EHLO example.test\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%s', async (_name, bytes, status) => {
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(service.port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => (received += chunk.toString()));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ message: expect.any(String) });
  });
});

describe('what operators see', () => {
  it('logs fields with the correlation id and no secret', async () => {
    const id = 'correlation-of-a-note';
    await service.call({
      method: 'POST',
      path: '/notes',
      session: 'writer',
      csrf: 'csrf-token',
      body: { title: 'logged' },
      headers: { [EDGE_HEADERS.correlationId]: id },
    });
    const line = service.lines().find((one) => one['message'] === 'A note was written.' && one['correlationId'] === id);
    expect(line).toMatchObject({ level: 'info', service: 'bip', title: 'logged', time: expect.any(String) });
    expect(service.log.join('')).not.toMatch(/hunter2|s3cret/);
    expect(service.log.join('')).not.toContain(EDGE_SECRET);
  });

  it('measures requests by route and counts the bus', async () => {
    const { text } = await service.call({ path: '/-/metrics', edge: false });
    expect(text).toMatch(/_count\{service="bip",method="GET",route="\/notes\/:id",status="200"\} \d+/);
    expect(text).toMatch(/muster_bus_requests_total\{subject="credential.verify.v1",outcome="ok",service="bip"\} \d+/);
    expect(text.split('\n')).toContainEqual(
      expect.stringMatching(/^process_resident_memory_bytes\{service="bip"\} \d+/),
    );
    expect(text.includes(HOME)).toBe(false);
  });

  it('counts requests whose client went away', async () => {
    const socket = connect(service.port, '127.0.0.1');
    const body = JSON.stringify({ title: 'slow' });
    socket.write(
      `POST /fail HTTP/1.1\r\nhost: x\r\n${EDGE_HEADERS.secret}: ${EDGE_SECRET}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const metrics = async (): Promise<string> => (await service.call({ path: '/-/metrics', edge: false })).text;
    await eventually(async () => /^muster_http_requests_running\{service="bip"\} 2$/m.test(await metrics()));
    socket.destroy();
    await eventually(async () =>
      /_count\{service="bip",method="POST",route="\/fail",status="499"\} 1/.test(await metrics()),
    );
    await eventually(async () => /^muster_http_requests_running\{service="bip"\} 1$/m.test(await metrics()));
  });

  it('is ready while NATS is there, alive without it, and ready again', async () => {
    const ready = () => service.call({ path: '/-/health/ready', edge: false });
    expect(await ready()).toMatchObject({ status: 200, json: { ready: true, checks: { bus: true, running: true } } });
    await nats.crash();
    await eventually(async () => (await ready()).status === 503);
    expect((await service.call({ path: '/-/health/live', edge: false })).status).toBe(200);
    expect(await service.call({ path: `/notes/${HOME}`, session: 'unseen' })).toMatchObject({ status: 503 });
    await nats.start();
    await eventually(async () => (await ready()).status === 200);
    await eventually(async () => (await service.call({ path: `/notes/${HOME}`, session: 'reader' })).status === 200);
  });

  it('describes itself as OpenAPI', async () => {
    const { json } = await service.call({ path: '/-/openapi.json', edge: false });
    expect(json).toMatchObject({
      openapi: '3.1.0',
      paths: { '/notes/{id}': { get: { 'x-access': { permission: 'devices.read' } } } },
    });
  });
});
