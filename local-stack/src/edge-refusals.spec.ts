import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { ErrorBody, parse } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates';
import { edgePart } from './edge';
import { BASE_DOMAIN, ITSM_DOMAIN, type Layout, layout } from './layout';
import { readOptions } from './options';
import { takenPorts } from './preflight';

/** The edge alone, with no service behind it. */
let place: Layout;
let nginx: ChildProcess;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-edge-'));
  chmodSync(folder, 0o711);
  const project = join(folder, 'project');
  mkdirSync(join(project, 'console/dist/assets'), { recursive: true });
  writeFileSync(join(project, 'console/dist/index.html'), '<!doctype html><title>console</title>');
  writeFileSync(join(project, 'console/dist/assets/some.js'), 'export {};');
  for (const part of ['deploy', 'certs-templates']) {
    symlinkSync(join(import.meta.dirname, '../..', part), join(project, part));
  }
  place = layout(project, readOptions(['--data', join(folder, 'data'), '--ports', String(await freeBase())], project));
  for (const one of [place.logs, place.certificates]) mkdirSync(one, { recursive: true });
  makeCertificates(place);
  const { file, args, env, ready } = edgePart(place, 'secret-of-the-edge');
  nginx = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const deadline = Date.now() + 30_000; !(await ready(nginx.pid ?? 0)); await sleep(50)) {
    if (Date.now() > deadline || nginx.exitCode !== null) throw new Error('nginx does not answer');
  }
}, 60_000);
afterAll(async () => {
  const ended = new Promise((resolve) => nginx.once('close', resolve));
  if (nginx.kill()) await ended;
  rmSync(folder, { recursive: true, force: true });
});

async function freeBase(): Promise<number> {
  for (let base = 18_000 + (process.pid % 4000); base < 31_000; base += 600) {
    const { ports } = layout('/', readOptions(['--ports', String(base)], '/'));
    if ((await takenPorts(ports)).length === 0) return base;
  }
  throw new Error('no ports are free');
}

interface Answer {
  status: number;
  type: string | undefined;
  headers: Map<string, string>;
  body: string;
}

/** Sends these very bytes. @returns undefined where the connection ends without an answer */
function said(port: number, bytes: string, host?: string): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port };
    const socket =
      host === undefined ? connectPlain(at) : connect({ ...at, servername: host, rejectUnauthorized: false });
    let text = '';
    socket.once(host === undefined ? 'connect' : 'secureConnect', () => socket.write(bytes));
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end of an answer: ${text}`)));
    socket.once('error', (error: NodeJS.ErrnoException) => (text === '' ? reject(error) : undefined));
    socket.once('close', () => resolve(answerIn(text)));
  });
}

function answerIn(text: string): Answer | undefined {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (status === undefined) return undefined;
  const [head = '', ...body] = text.split('\r\n\r\n');
  const headers = new Map(
    head.split('\r\n').map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
  );
  return { status: Number(status), type: headers.get('content-type'), headers, body: body.join('\r\n\r\n') };
}

const ask = (line: string, host: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n');

function expectRefusal(answer: Answer | undefined, status: number, code: string): void {
  expect(answer).toMatchObject({ status, type: 'application/json' });
  expect(parse(ErrorBody, JSON.parse(answer?.body ?? ''), { unknown: 'refuse' })).toMatchObject({
    code,
    message: expect.stringMatching(/^[A-Z].*\.$/),
    correlationId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(answer?.headers.get('cache-control')).toBe('no-store');
}

const LONG = 'x'.repeat(70_000);
const GARBAGE: [string, string, number, string][] = [
  ['is no HTTP', '\x16\x03\x01 garbage\r\n\r\n', 400, 'invalid-input'],
  ['names no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid-input'],
  ['has a version of its own', 'GET / HTTP/7.0\r\nHost: x\r\n\r\n', 400, 'invalid-input'],
  ['has a header that is none', ask('GET /', ITSM_DOMAIN, 'Content-Length: many'), 400, 'invalid-input'],
  ['has an address too long', ask(`GET /${LONG}`, ITSM_DOMAIN), 400, 'invalid-input'],
  ['has a header too long', ask('GET /', ITSM_DOMAIN, `X-Long: ${LONG}`), 400, 'invalid-input'],
  ['has a body too large', ask('POST /enrol', ITSM_DOMAIN, 'Content-Length: 99000000'), 413, 'too-large'],
];

describe.each([
  ['plain HTTP', () => place.ports.http, undefined],
  ['TLS', () => place.ports.https, ITSM_DOMAIN],
] as const)('over %s, what', (_, port, host) => {
  it.each(GARBAGE)('%s is refused as services refuse', async (_what, bytes, status, code) => {
    expectRefusal(await said(port(), bytes, host), status, code);
  });
});

describe('plain HTTP', () => {
  it('sends everybody on to TLS, and says nothing of keeping to it', async () => {
    const answer = await said(place.ports.http, ask('GET /devices?x=1', ITSM_DOMAIN));
    expect(answer?.status).toBe(308);
    expect(answer?.headers.get('location')).toBe(`${place.consoleOrigin}/devices?x=1`);
    const refused = await said(place.ports.http, 'garbage\r\n\r\n');
    expect(refused?.headers.has('strict-transport-security')).toBe(false); // RFC 6797, section 7.2
  });

  it('is silent for hosts that nobody gave it', async () => {
    expect(await said(place.ports.http, ask('GET /', 'elsewhere.example'))).toBeUndefined();
  });

  it('at the port of TLS is told so', async () => {
    expectRefusal(await said(place.ports.https, ask('GET /', ITSM_DOMAIN)), 400, 'invalid-input');
  });
});

describe('over TLS', () => {
  const over = (host: string, line: string, ...headers: string[]) =>
    said(place.ports.https, ask(line, host, ...headers), host);
  const devices = ['work', 'rmm-api', 'plugins-api', 'plugins', 'auditlogs-api', 'dl'];

  it.each([...devices, 'bip'])('%s has nothing at other addresses', async (name) => {
    expectRefusal(await over(`${name}.${BASE_DOMAIN}`, 'GET /nothing'), 404, 'not-found');
  });

  it.each([
    ['work', '/sync'],
    ['rmm-api', '/reports/rmm'],
    ['plugins-api', '/reports/inventory'],
    ['auditlogs-api', '/reports/audit'],
    ['dl', '/releases/wanted'],
  ])('%s asks for a certificate', async (name, path) => {
    expectRefusal(await over(`${name}.${BASE_DOMAIN}`, `POST ${path}`), 400, 'certificate-required');
  });

  it.each(['/api/devices', '/auth/session', '/rmm/logs', '/plugins/software', '/audit/entries', '/enrol', '/rtdc/x'])(
    'a service that is away is said to be: %s',
    async (path) => {
      const answer = await over(ITSM_DOMAIN, `GET ${path}`);
      expectRefusal(answer, 503, 'unavailable');
      expect(answer?.headers.get('retry-after')).toBe('5');
    },
  );

  it('other hosts are not known', async () => {
    expectRefusal(await over('elsewhere.example', 'GET /'), 421, 'not-found');
  });

  it.each([
    ['GET /assets/none.js', 404, 'not-found'],
    ['POST /index.html', 405, 'method-not-allowed'],
    ['TRACE /', 405, 'method-not-allowed'],
  ])('the console’s own files: %s', async (line, status, code) => {
    expectRefusal(await over(ITSM_DOMAIN, line), status, code);
  });

  it('the console’s own files: a part that there is not, and one that must be of another time', async () => {
    const part = await over(ITSM_DOMAIN, 'GET /assets/some.js', 'Range: bytes=999-');
    expectRefusal(part, 416, 'range-not-satisfiable');
    const since = 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT';
    expectRefusal(await over(ITSM_DOMAIN, 'GET /assets/some.js', since), 412, 'invalid-input');
  });

  it('the console’s own files: one that may not be read', async () => {
    chmodSync(join(place.open, 'console/assets/some.js'), 0);
    try {
      expectRefusal(await over(ITSM_DOMAIN, 'GET /assets/some.js'), 404, 'not-found');
    } finally {
      chmodSync(join(place.open, 'console/assets/some.js'), 0o644);
    }
  });
});
