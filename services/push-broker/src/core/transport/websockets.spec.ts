import { once } from 'node:events';
import { request, type RequestOptions } from 'node:https';
import { type CertifiedFiles, eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TEST_DOMAIN, TestBroker, type TestOptions } from '../../testing/test-broker';

const DEVICE = '01900000-0000-7000-8000-00000000000a';
const OPEN = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${TEST_DOMAIN}' version='1.0'/>`;
const AUTH = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>`;
const BIND = `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
const PING = `<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`;

let authority: TestAuthority;
let device: CertifiedFiles;
let broker: TestBroker;
const sockets: WebSocket[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  device = await authority.device(DEVICE, { xmppDomain: TEST_DOMAIN });
});
beforeEach(() => restart());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

async function restart(options: TestOptions = {}): Promise<void> {
  await broker?.stop();
  broker = await TestBroker.start(authority, options);
}

type Noting = WebSocket & { seen: string[]; closed: number | undefined };

function connect(...options: Parameters<TestBroker['connectWebSocket']>): Noting {
  const socket = Object.assign(broker.connectWebSocket(...options), {
    seen: [] as string[],
    closed: undefined,
  }) as Noting;
  socket.on('message', (data: Buffer) => socket.seen.push(data.toString()));
  socket.on('close', (code) => (socket.closed = code));
  sockets.push(socket);
  return socket;
}

async function opened(...options: Parameters<TestBroker['connectWebSocket']>): Promise<Noting> {
  const socket = connect(...options);
  await once(socket, 'open');
  return socket;
}

async function signedIn(): Promise<Noting> {
  const socket = await opened(device);
  for (const text of [OPEN, AUTH, OPEN, BIND]) socket.send(text);
  await eventually(() => socket.seen.some((text) => text.includes('<jid>')));
  return socket;
}

/** Status of the answer to a handshake, or to another request. */
async function status(path: string, headers: Record<string, string>, options: RequestOptions = {}): Promise<number> {
  const where = { host: '127.0.0.1', port: broker.listener.webSocketPort, path, headers, agent: false };
  const asked = request({ ...where, rejectUnauthorized: false, ...options }).end();
  const [answer] = (await Promise.race([once(asked, 'response'), once(asked, 'upgrade')])) as [{ statusCode: number }];
  asked.destroy();
  return answer.statusCode;
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'xmpp',
};

describe('the handshake', () => {
  it('wants the path and the subprotocol, and no page of another origin', async () => {
    await restart({ webSocketOrigins: ['https://console.test'] });
    expect(await status('/xmpp-websocket', UPGRADE)).toBe(101);
    expect(await status('/xmpp-websocket', { ...UPGRADE, origin: 'https://console.test' })).toBe(101);
    expect(await status('/xmpp-websocket', { ...UPGRADE, origin: 'https://elsewhere.test' })).toBe(403);
    expect(await status('/xmpp-websocket', { ...UPGRADE, 'sec-websocket-protocol': 'mqtt' })).toBe(400);
    expect(await status('/', UPGRADE)).toBe(404);
    expect(await status('/xmpp-websocket', {})).toBe(426);
    expect(await status('/etc/passwd', {})).toBe(404);
    expect(await status('/xmpp-websocket', { ...UPGRADE, 'x-long': 'x'.repeat(9000) }).catch(() => 0)).toBe(0);
    await eventually(() => broker.listener.connections === 0);
  });

  it('is answered with the subprotocol, without compression', async () => {
    const socket = await opened(device);
    expect([socket.protocol, socket.extensions]).toEqual(['xmpp', '']);
  });

  it('that never comes, or comes byte by byte, is not waited for', async () => {
    await restart({ negotiationSeconds: 0.3 });
    for (const text of ['', 'GET /xmpp-web']) {
      const socket = broker.connect(device, { ALPNProtocols: ['http/1.1'] });
      await once(socket, 'secureConnect');
      socket.write(text);
      socket.resume();
      await once(socket, 'close');
    }
    await eventually(() => broker.listener.connections === 0);
  });
});

describe('a stream', () => {
  it('is the same on a port of its own, and needs a certificate there too', async () => {
    const url = `wss://127.0.0.1:${broker.listener.webSocketPort}/xmpp-websocket`;
    const own = { cert: device.chain, key: device.key, rejectUnauthorized: false };
    const socket = new WebSocket(url, 'xmpp', own);
    sockets.push(socket);
    const seen: string[] = [];
    socket.on('message', (data: Buffer) => seen.push(data.toString()));
    await once(socket, 'open');
    for (const text of [OPEN, AUTH, OPEN, BIND]) socket.send(text);
    await eventually(() => seen.some((text) => text.includes('<jid>')));
    const nobody = connect();
    await eventually(() => nobody.seen.some((text) => text.includes('a client certificate is required')));
    await eventually(() => nobody.closed !== undefined);
  });

  it('ends as on TCP: session lost with the connection, and told of when the server stops', async () => {
    const cut = await signedIn();
    expect(broker.server.sessions.count).toBe(1);
    cut.terminate();
    await eventually(() => broker.server.sessions.count === 0 && broker.listener.connections === 0);
    const stays = await signedIn();
    broker.server.shutdown();
    await eventually(() => stays.closed !== undefined);
    expect(stays.seen.at(-2)).toContain('system-shutdown');
    expect(stays.seen.at(-1)).toBe(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`);
  });

  it('every message is a document of its own', async () => {
    const socket = await signedIn();
    expect(socket.seen[1]).toMatch(/^<stream:features xmlns:stream="http:\/\/etherx.jabber.org\/streams">/);
    expect(socket.seen.at(-1)).toMatch(/^<iq xmlns="jabber:client" /);
  });
});

describe('limits', () => {
  it('text only', async () => {
    const socket = await opened(device);
    socket.send(Buffer.from(OPEN), { binary: true });
    await eventually(() => socket.closed === 1003);
  });

  it('on the size of a message: the lower one before authentication, also for one that never ends', async () => {
    await restart({ stanzaBytesBefore: 10_000, stanzaBytes: 50_000 });
    const tooLong = await opened(device);
    tooLong.send(`<auth xmlns='x'>${'x'.repeat(11_000)}</auth>`);
    await eventually(() => tooLong.seen.some((text) => text.includes('policy-violation')));
    const endless = await opened(device);
    for (let sent = 0; sent < 20; sent++) endless.send('x'.repeat(1000), { fin: false });
    await eventually(() => endless.closed !== undefined);
    const authenticated = await signedIn();
    authenticated.send(PING.replace('/>', `>${' '.repeat(40_000)}</ping>`));
    await eventually(() => authenticated.seen.at(-1)?.includes('type="result"'));
    authenticated.send('x'.repeat(60_000));
    await eventually(() => authenticated.closed === 1009);
  });

  it('on the time to get to a session', async () => {
    await restart({ negotiationSeconds: 0.3 });
    const socket = await opened(device);
    await eventually(() => socket.seen.some((text) => text.includes('connection-timeout')));
    await eventually(() => socket.closed !== undefined);
  });

  it('on pings, which are answered while they are few', async () => {
    const socket = await signedIn();
    let pongs = 0;
    socket.on('pong', () => pongs++);
    socket.ping('x');
    await eventually(() => pongs === 1);
    for (let sent = 0; sent < 100; sent++) socket.ping('x');
    await eventually(() => socket.closed === 1008);
  });

  it('on what waits for a peer that does not read', async () => {
    await restart({ outputBytes: 50_000 });
    const socket = await signedIn();
    socket.pause();
    const [session] = broker.server.sessions.of(`${DEVICE}@${TEST_DOMAIN}`);
    await eventually(() => {
      for (let sent = 0; sent < 500; sent++) socket.send(PING);
      return session?.ended;
    });
    await eventually(() => broker.server.streams.size === 0);
  });

  it('on the rate, by not reading on', async () => {
    await restart({ bytesPerSecond: 20_000, burstBytes: 10_000 });
    const socket = await signedIn();
    const started = Date.now();
    for (let sent = 0; sent < 300; sent++) socket.send(PING);
    await eventually(() => socket.seen.filter((text) => text.includes('id="p"')).length === 300);
    // Some 18 kB after the burst; timers are never early.
    expect(Date.now() - started).toBeGreaterThan(200);
  });
});
