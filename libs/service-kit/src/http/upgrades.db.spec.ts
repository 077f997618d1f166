import { once } from 'node:events';
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { EDGE_HEADERS, type ErrorBody, SESSION_COOKIE } from '@muster/contracts';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Health } from '../health/health';
import { RevocationList } from '../identity/revocation-list';
import { drain } from '../shutdown';
import { KeyManagerFixture } from '../testing/key-manager.fixture';
import { EDGE_SECRET, RunningService } from '../testing/running-service';
import { type Upgrade, Upgrades } from './upgrades';

const ORIGIN = 'https://itsm.muster.localhost:8443';
const accepted: Upgrade[] = [];

let nats: TestNats;
let keyManager: KeyManagerFixture;
let service: RunningService;

beforeAll(async () => {
  nats = await startNats();
  keyManager = await KeyManagerFixture.start(nats);
  service = await RunningService.start(nats.credentials('bip'), { CONSOLE_ORIGIN: ORIGIN });
  keyManager.admit('watcher', { permissions: ['devices.read'] });
  keyManager.admit('nobody', { permissions: [] });
  keyManager.admit('fresh', { permissions: ['devices.read'], mustChangePassword: true });
  const accept = (upgrade: Upgrade): void => {
    accepted.push(upgrade);
    const key = String(upgrade.request.headers['sec-websocket-key']);
    const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    upgrade.socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
    );
  };
  service.app.get(Upgrades).serve('/live', accept, { permission: 'devices.read' });
  await eventually(() => service.app.get(RevocationList).fresh);
});
afterAll(async () => {
  await keyManager?.stop();
  await nats?.stop();
});

interface Result {
  status: number;
  body?: ErrorBody;
  socket?: Duplex;
}

function upgrade(options: { path?: string; session?: string; headers?: Record<string, string> }): Promise<Result> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: service.port,
      path: options.path ?? '/live',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        origin: ORIGIN,
        [EDGE_HEADERS.secret]: EDGE_SECRET,
        ...(options.session ? { cookie: `other=1; ${SESSION_COOKIE}=${options.session}` } : {}),
        ...options.headers,
      },
    });
    outgoing.on('upgrade', (_response: IncomingMessage, socket) => resolve({ status: 101, socket }));
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as ErrorBody }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('an upgrade', () => {
  it('is handed over with who asked', async () => {
    const result = await upgrade({ session: 'watcher', headers: { [EDGE_HEADERS.address]: '203.0.113.7' } });
    expect(result.status).toBe(101);
    expect(accepted.at(-1)).toMatchObject({
      principal: { kind: 'person', name: 'ada@example.test' },
      address: '203.0.113.7',
    });
    result.socket?.destroy();
  });

  it("is taken from the address that the browser asked for, when that is not the console's name", async () => {
    const headers = { host: '192.0.2.1:8443', origin: 'https://192.0.2.1:8443' };
    const result = await upgrade({ session: 'watcher', headers });
    expect(result.status).toBe(101);
    result.socket?.destroy();
  });

  it.each([
    ['of another site', 403, 'request-refused', { session: 'watcher', headers: { origin: 'https://evil.example' } }],
    ['without origin', 403, 'request-refused', { session: 'watcher', headers: { origin: '' } }],
    ['past the edge', 403, 'request-refused', { session: 'watcher', headers: { [EDGE_HEADERS.secret]: 'x' } }],
    ['of nobody', 401, 'not-signed-in', {}],
    ['by a token, which no browser sends', 401, 'not-signed-in', { headers: { authorization: 'Bearer watcher' } }],
    ['before the first password is changed', 403, 'password-change-required', { session: 'fresh' }],
    ['without the permission', 403, 'permission-denied', { session: 'nobody' }],
    ['of a path that nobody serves', 404, 'not-found', { session: 'watcher', path: '/other' }],
  ])('%s is refused: %i %s', async (_name, status, code, options) => {
    const before = accepted.length;
    const result = await upgrade(options);
    expect(result).toMatchObject({ status, body: { code } });
    expect(result.body?.correlationId).toMatch(/[\w-]{8,}/);
    expect(accepted).toHaveLength(before);
  });
});

it('lets one part serve a path', () => {
  expect(() => service.app.get(Upgrades).serve('/live', () => undefined)).toThrow(/two handlers/);
});

it('is told that the service stops, and does not keep it from stopping', async () => {
  const polite = await upgrade({ session: 'watcher' });
  const stubborn = await upgrade({ session: 'watcher' });
  const farewell = once(polite.socket as Duplex, 'data').then(([data]) => String(data));
  const handler = accepted.at(-2);
  service.app.get(Health).onDrain(() => handler?.socket.end('good-bye'));
  const ended = once(stubborn.socket as Duplex, 'close');
  stubborn.socket?.on('error', () => undefined).resume();
  await drain(service.app);
  expect(await farewell).toBe('good-bye');
  await ended;
});
