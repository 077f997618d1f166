import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServerClock } from '../state/clock';
import { issue, type Issued, makeRoot, SERVER_AUTH } from '../testing/certificate-maker';
import { type Anchors, Dialler, publicKeyDigest, type Target } from './dialler';

const HOST = 'work.muster-dial.test';
const DAY_MS = 86_400_000;
let folder: string;
let root: Issued;
let leaf: Issued;
const servers: Server[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-dial-'));
  root = await makeRoot();
  leaf = await issue({ name: HOST, issuer: root, usages: [SERVER_AUTH], hostNames: [HOST], addresses: ['127.0.0.1'] });
});
afterEach(() => void servers.splice(0).forEach((server) => server.close()));
afterAll(() => rmSync(folder, { recursive: true }));

const names: string[] = [];
async function serve(by: Issued, options: TlsOptions = {}): Promise<number> {
  const SNICallback = (name: string, done: (error: null) => void): void => {
    names.push(name);
    done(null);
  };
  const server = createServer({ key: by.keyPem, cert: by.pem, SNICallback, ...options }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const target = (port: number, changes: Partial<Target> = {}): Target => ({
  hostName: HOST,
  addresses: ['127.0.0.1'],
  port,
  pins: [],
  ...changes,
});
/** Who believes one root, that of the suite. */
const only = ({ certificate, pem }: Issued): Anchors => ({
  ...{ anchors: [certificate], serverAnchors: [certificate], serverAnchorsPem: [pem] },
});
/** What became of dialling, with the device's clock this far off. */
async function dial(
  targets: Target[],
  given: { clock?: ServerClock; alpn?: string; timeoutMs?: number } = {},
): Promise<string> {
  const clock = given.clock ?? new ServerClock(join(folder, 'none'));
  const { timeoutMs } = given;
  try {
    const socket = await new Dialler(only(root), clock, { timeoutMs }).dial(targets, { alpn: given.alpn });
    socket.destroy();
    return 'connected';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('dialler', () => {
  it('dials the address and says the name', async () => {
    expect(await dial([target(await serve(leaf))])).toBe('connected');
    expect(names.at(-1)).toBe(HOST);
  });

  it('reaches a server that is named by its address', async () => {
    expect(await dial([target(await serve(leaf), { hostName: '127.0.0.1', addresses: [] })])).toBe('connected');
  });

  it('tries addresses and servers in order', async () => {
    const port = await serve(leaf);
    const closed = target(1);
    expect(await dial([closed, target(port, { addresses: ['127.0.0.9', '127.0.0.1'] })])).toBe('connected');
    expect(await dial([closed])).toContain('ECONNREFUSED');
    expect(await dial([])).toContain('no server');
  });

  it('gives up on a server that takes the connection and says nothing', async () => {
    const silent = createTcp();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      expect(await dial([target((silent.address() as AddressInfo).port)], { timeoutMs: 200 })).toContain('no answer');
    } finally {
      silent.close();
    }
  });

  it('refuses other names, other roots, other uses, expired certificates', async () => {
    const other = await makeRoot('Other root');
    const named = { name: 'x', hostNames: [HOST] };
    const wrong = {
      'another name': await issue({ name: 'x', issuer: root, usages: [SERVER_AUTH], hostNames: ['else.test'] }),
      'another root': await issue({ ...named, issuer: other, usages: [SERVER_AUTH] }),
      'self-signed': await issue({ ...named, usages: [SERVER_AUTH] }),
      'a client': await issue({ ...named, issuer: root, usages: ['1.3.6.1.5.5.7.3.2'] }),
      expired: await issue({
        ...named,
        issuer: root,
        usages: [SERVER_AUTH],
        from: Date.now() - 9 * DAY_MS,
        to: Date.now() - DAY_MS,
      }),
    };
    for (const [what, by] of Object.entries(wrong)) {
      expect(await dial([target(await serve(by))]), what).toMatch(/certificate is refused|does not match/);
    }
  });

  it('holds a server to its pins', async () => {
    const port = await serve(leaf);
    expect(await dial([target(port, { pins: [publicKeyDigest(leaf.certificate).toUpperCase()] })])).toBe('connected');
    expect(await dial([target(port, { pins: [publicKeyDigest(root.certificate)] })])).toBe('connected');
    expect(await dial([target(port, { pins: ['00'.repeat(32)] })])).toContain('none of the pinned keys');
  });

  it('wants the protocol that it asked for', async () => {
    const port = await serve(leaf, { ALPNProtocols: ['xmpp-client'] });
    expect(await dial([target(port)], { alpn: 'xmpp-client' })).toBe('connected');
    expect(await dial([target(await serve(leaf))], { alpn: 'xmpp-client' })).toContain('does not speak xmpp-client');
  });

  it("calls home with a wrong clock: a certificate that the device's clock refuses counts by the server's time", async () => {
    // By the device's clock (the test's own) this one is not valid yet; by the server's last known time it is.
    const future = Date.now() + 400 * DAY_MS;
    const ahead = await issue({
      name: HOST,
      issuer: root,
      usages: [SERVER_AUTH],
      hostNames: [HOST],
      from: future - DAY_MS,
      to: future + DAY_MS,
    });
    const longRoot = await issue({ name: 'Long root', ca: true, to: future + 30 * DAY_MS });
    const leafOfLong = await issue({
      name: HOST,
      issuer: longRoot,
      usages: [SERVER_AUTH],
      hostNames: [HOST],
      from: future - DAY_MS,
      to: future + DAY_MS,
    });
    const port = await serve(leafOfLong);
    const trust = only(longRoot);
    const clock = new ServerClock(join(folder, 'clock.json'), future);
    (await new Dialler(trust, clock).dial([target(port)])).destroy();
    await expect(new Dialler(trust, new ServerClock(join(folder, 'none'))).dial([target(port)])).rejects.toThrow(
      'CERT_NOT_YET_VALID',
    );
    // Time alone excuses nothing else: the root is not pinned, or the name is another.
    expect(await dial([target(port)], { clock })).toContain('refused');
    expect(await dial([target(await serve(ahead), { hostName: 'else.test' })], { clock })).toContain('does not match');
  });
});
