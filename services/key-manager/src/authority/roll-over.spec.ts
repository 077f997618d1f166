import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { SigningPurpose } from '@muster/contracts';
import { faultOfSigned } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authority } from './authority';
import { createAuthority } from './authority-creation';
import { validTo } from './x509';

const script = join(import.meta.dirname, '../../../../certs-templates/make-certs.sh');
const makeCerts = (...parameters: string[]): string =>
  execFileSync('sh', [script, ...parameters], { stdio: 'pipe', encoding: 'utf8' });

let base: string;
let dir: string;
let before: string;
let after: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'muster-roll-over-'));
  before = join(base, 'before');
  after = join(base, 'after');
  makeCerts('init', before, 'Example');
  cpSync(before, after, { recursive: true });
  makeCerts('roll', after, 'Example');
});
afterAll(() => rmSync(base, { recursive: true }));
beforeEach(() => {
  dir = join(base, 'used');
  rmSync(dir, { recursive: true, force: true });
  cpSync(before, dir, { recursive: true });
});

const open = (): Promise<Authority> =>
  Authority.open({ dir, xmppDomain: 'xmpp.example.test', certificateDays: 90, renewAfterDays: 60 });
const rootOf = (folder: string, number: number): string =>
  readFileSync(join(folder, `roots/root-${number}.crt`), 'utf8');

/** What a device that pins one root thinks of what is signed now. */
function faultFor(root: string, authority: Authority, purpose: SigningPurpose = 'operation') {
  const { signatures, delegation } = authority.sign(purpose, ['text']);
  return faultOfSigned({ payload: 'text', signature: signatures[0] ?? '', delegation }, purpose, [root]);
}

describe('signing after a roll-over', () => {
  it('is believed by devices that know only the old root, or only the new one', async () => {
    makeCerts('roll', dir, 'Example');
    const authority = await open();
    for (const purpose of ['operation', 'endpoint-map', 'audit-head'] as const) {
      expect(authority.sign(purpose, ['text']).delegation).toHaveLength(2);
      for (const number of [1, 2]) expect(faultFor(rootOf(dir, number), authority, purpose)).toBeUndefined();
    }
  });

  it('leads over two roots back, as far as a delegation reaches', async () => {
    for (const _ of [2, 3, 4]) makeCerts('roll', dir, 'Example');
    const authority = await open();
    expect(authority.anchors).toHaveLength(4);
    const faults = [4, 3, 2, 1].map((number) => faultFor(rootOf(dir, number), authority));
    expect(faults).toEqual([undefined, undefined, undefined, 'not-delegated']);
  });

  it('leads to no root that has left, and the next one gets a number of its own', async () => {
    makeCerts('roll', dir, 'Example');
    const left = rootOf(dir, 1);
    rmSync(join(dir, 'roots/root-1.crt'));
    const authority = await open();
    expect(authority.sign('operation', ['text']).delegation).toHaveLength(1);
    expect(faultFor(left, authority)).toBe('not-delegated');
    makeCerts('roll', dir, 'Example');
    expect(await authority.reload()).toBe(true);
    for (const number of [2, 3]) expect(faultFor(rootOf(dir, number), authority)).toBeUndefined();
  });

  it('works for an authority that was made here', async () => {
    rmSync(dir, { recursive: true });
    await createAuthority(dir, 'example.test');
    const [name = ''] = readdirSync(join(dir, 'roots')).filter((one) => one.endsWith('.crt'));
    const old = readFileSync(join(dir, 'roots', name), 'utf8');
    makeCerts('roll', dir, 'Example');
    const authority = await open();
    expect(authority.problems()).toEqual([]);
    expect(faultFor(old, authority)).toBeUndefined();
    expect(await handshake(old, ['localhost'])).toBe('trusted');
  });

  it('goes on without a cross certificate that nobody would believe, and says so', async () => {
    makeCerts('roll', dir, 'Example');
    cpSync(join(dir, 'issuing/devices.crt'), join(dir, 'cross/root-2.crt'));
    writeFileSync(join(dir, 'cross/root-9.crt'), 'nothing');
    const authority = await open();
    expect(authority.problems()).toEqual([]);
    expect(authority.current.cross.problems).toEqual([
      expect.stringMatching(/root-2\.crt: it lacks the extended key usage/),
      expect.stringMatching(/root-9\.crt/),
    ]);
    expect(authority.sign('operation', ['text']).delegation).toHaveLength(1);
  });
});

describe('a roll-over that is under way', () => {
  const inOrderOf: Array<[string, (files: string[]) => string[]]> = [
    [
      'the script',
      (files) => ['cross-tls', 'cross/', 'roots', 'issuing', 'signing'].flatMap((part) => partOf(part, files)),
    ],
    ['the alphabet', (files) => [...files].sort()],
  ];
  const partOf = (part: string, files: string[]): string[] => files.filter((file) => file.startsWith(part));

  it.each(inOrderOf)(
    'never signs what a device cannot follow, file by file in the order of %s',
    async (_by, sorted) => {
      const authority = await open();
      const files = readdirSync(after, { recursive: true, encoding: 'utf8' }).filter((file) =>
        /\.(crt|key)$/.test(file),
      );
      for (const file of sorted(files)) {
        const whole = readFileSync(join(after, file));
        mkdirSync(join(dir, file, '..'), { recursive: true });
        for (const content of [whole.subarray(0, whole.length / 2), whole]) {
          writeFileSync(join(dir, file), content);
          await authority.reload().catch(() => undefined);
          expect(authority.problems()).toEqual([]);
          expect(faultFor(rootOf(before, 1), authority)).toBeUndefined();
          expect(faultFor(rootOf(before, 1), authority, 'endpoint-map')).toBeUndefined();
        }
      }
      expect(authority.anchors).toHaveLength(2);
      expect(faultFor(rootOf(after, 2), authority)).toBeUndefined();
    },
  );

  it('is taken up while the script runs', async () => {
    const authority = await open();
    let running = true;
    const rolling = promisify(execFile)('sh', [script, 'roll', dir, 'Example']).finally(() => (running = false));
    while (running) {
      await authority.reload();
      expect(authority.problems()).toEqual([]);
      expect(faultFor(rootOf(before, 1), authority)).toBeUndefined();
    }
    await rolling;
    await authority.reload();
    expect(faultFor(rootOf(dir, 2), authority)).toBeUndefined();
    expect(readdirSync(dir).sort()).toEqual(['cross', 'cross-tls', 'issuing', 'roots', 'signing']);
  });

  it.each([
    'cross-tls/root-2.crt',
    'cross/root-2.crt',
    'roots/root-2.crt',
    'issuing/servers.crt',
    'signing/operation.key',
  ])('goes on where it was when it was cut off before %s was moved in', async (file) => {
    makeCerts('roll', dir, 'Example');
    const whole = pictureOf(dir);
    // What the script leaves when it dies: everything from that file on is still aside, and so is what was there before.
    const order = ['cross-tls', 'cross/', 'roots', 'issuing', 'signing'];
    const made = ['key', 'crt'].flatMap((kind) => [...whole.keys()].filter((name) => name.endsWith(kind)));
    const moved = order.flatMap((part) => made.filter((name) => name.startsWith(part) && isNew(name)));
    for (const name of moved.slice(moved.indexOf(file))) {
      mkdirSync(join(dir, '.rolling', name, '..'), { recursive: true });
      cpSync(join(dir, name), join(dir, '.rolling', name));
      if (existsSync(join(before, name))) cpSync(join(before, name), join(dir, name));
      else rmSync(join(dir, name));
    }
    makeCerts('roll', dir, 'Example');
    expect(pictureOf(dir)).toEqual(whole);
    const authority = await open();
    expect(authority.problems()).toEqual([]);
    expect(authority.anchors).toHaveLength(2);
    for (const number of [1, 2]) expect(faultFor(rootOf(dir, number), authority)).toBeUndefined();
  });
  const isNew = (name: string): boolean => !name.includes('root-1');
  const pictureOf = (folder: string): Map<string, string> =>
    new Map(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(crt|key)$/.test(name))
        .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );

  it('leaves everything as it was when the old key is not there, unless told to go without', async () => {
    rmSync(join(dir, 'roots/root-1.key'));
    expect(() => makeCerts('roll', dir, 'Example')).toThrow(
      /: the key of root-1.crt is not here; bring \S+ back for this step.\n$/,
    );
    expect(readdirSync(dir).sort()).toEqual(['issuing', 'roots', 'signing']);
    const authority = await open();
    expect(await authority.reload()).toBe(false);
    expect(authority.anchors).toHaveLength(1);
    makeCerts('roll', '--without-cross', dir, 'Example');
    expect(await authority.reload()).toBe(true);
    expect(authority.anchors).toEqual([rootOf(dir, 2), rootOf(dir, 1)]);
    // Who is awake learns of the new root from what the old one delegated; only then the delegations move.
    expect(faultFor(rootOf(dir, 1), authority, 'endpoint-map')).toBeUndefined();
    expect(() => makeCerts('retire', dir)).toThrow(
      /is delegated by another root than root-2.crt; first run: \S+ delegate/,
    );
    makeCerts('delegate', dir);
    makeCerts('retire', dir);
    expect(await authority.reload()).toBe(true);
    expect(faultFor(rootOf(dir, 2), authority)).toBeUndefined();
    expect(faultFor(authority.retired[0] ?? '', authority)).toBe('not-delegated');
  });
});

describe('a root that is retired', () => {
  it('is no anchor any more, and who knows nothing else still follows from it to the new one', async () => {
    makeCerts('roll', dir, 'Example');
    const old = rootOf(dir, 1);
    makeCerts('retire', dir);
    expect(readdirSync(join(dir, 'roots')).sort()).toEqual(['root-2.crt', 'root-2.key']);
    expect(readdirSync(join(dir, 'retired')).sort()).toEqual(['root-1.crt', 'root-1.key']);
    const authority = await open();
    expect(authority.anchors).toEqual([rootOf(dir, 2)]);
    expect(authority.retired).toEqual([old]);
    for (const root of [old, rootOf(dir, 2)]) {
      expect(faultFor(root, authority)).toBeUndefined();
      expect(faultFor(root, authority, 'endpoint-map')).toBeUndefined();
      expect(await handshake(root, ['localhost'])).toBe('trusted');
    }
  });

  it('is followed over the next roll-over too, and the number is never given again', async () => {
    makeCerts('roll', dir, 'Example');
    makeCerts('retire', dir);
    makeCerts('roll', dir, 'Example');
    makeCerts('retire', dir);
    const authority = await open();
    expect(authority.anchors).toEqual([rootOf(dir, 3)]);
    expect(authority.retired).toHaveLength(2);
    for (const file of ['retired/root-1.crt', 'retired/root-2.crt', 'roots/root-3.crt']) {
      expect(faultFor(readFileSync(join(dir, file), 'utf8'), authority)).toBeUndefined();
    }
  });

  it('is one only once, whatever moment the folder is read at', async () => {
    makeCerts('roll', dir, 'Example');
    mkdirSync(join(dir, 'retired'));
    cpSync(join(dir, 'roots/root-1.crt'), join(dir, 'retired/root-1.crt'));
    const authority = await open();
    expect(authority.anchors).toHaveLength(2);
    expect(authority.retired).toEqual([]);
  });

  it('is not made of a roll-over that is half done', () => {
    mkdirSync(join(dir, '.rolling'));
    expect(() => makeCerts('retire', dir)).toThrow(/half done/);
    expect(existsSync(join(dir, 'retired'))).toBe(false);
  });
});

describe('a device certificate that is issued while a root rolls over', () => {
  const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issued = async (): Promise<{ cert: string; key: string }> => {
    const { chain } = await (await open()).issue(randomUUID(), spki.publicKey.export({ type: 'spki', format: 'der' }));
    return { cert: chain, key: spki.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  };

  it('is accepted by servers that know both roots, the new one, or only the old one', async () => {
    makeCerts('roll', dir, 'Example');
    const device = await issued();
    const [old, fresh] = [rootOf(dir, 1), rootOf(dir, 2)];
    for (const anchors of [old + fresh, fresh, old]) expect(await accepts(anchors, device)).toBe('accepted');
  });

  it('is as short as ever before and after, and refused by who only knows the root that was retired', async () => {
    expect((await issued()).cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    makeCerts('roll', dir, 'Example');
    makeCerts('retire', dir);
    const device = await issued();
    expect(device.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await accepts(rootOf(dir, 2), device)).toBe('accepted');
    expect(await accepts(readFileSync(join(dir, 'retired/root-1.crt'), 'utf8'), device)).toMatch(/UNABLE_TO/);
  });
});

describe('a new issuing CA', () => {
  it('issues under the same root, beside what the one before has issued', async () => {
    const authority = await open();
    const before = authority.issuer;
    const root = rootOf(dir, 1);
    makeCerts('issuing', dir, 'devices', 'Example');
    expect(await authority.reload()).toBe(true);
    expect(authority.problems()).toEqual([]);
    expect(authority.issuer).not.toBe(before);
    expect(await handshake(root, ['localhost'])).toBe('trusted');
    makeCerts('issuing', dir, 'servers', 'Example');
    expect(await handshake(root, ['localhost'])).toBe('trusted');
    expect(authority.anchors).toEqual([root]);
    expect(readdirSync(dir).sort()).toEqual(['issuing', 'roots', 'server', 'signing']);
  });

  it('is for devices or for servers, and made with the key of the root', () => {
    expect(() => makeCerts('issuing', dir, 'everybody')).toThrow(/'everybody' is no issuing CA/);
    rmSync(join(dir, 'roots/root-1.key'));
    expect(() => makeCerts('issuing', dir, 'devices')).toThrow(/the key of root-1.crt is not here/);
  });
});

describe('a cross certificate', () => {
  it('has the name and key of the new root and ends before both', () => {
    const [cross, old, fresh] = ['cross/root-2.crt', 'roots/root-1.crt', 'roots/root-2.crt'].map(
      (file) => new X509Certificate(readFileSync(join(after, file))),
    );
    if (!cross || !old || !fresh) throw new Error('unreachable');
    expect(cross.subject).toBe(fresh.subject);
    expect(cross.publicKey.equals(fresh.publicKey)).toBe(true);
    expect(validTo(cross) <= validTo(old) && validTo(cross) <= validTo(fresh)).toBe(true);
    expect(validTo(old).getTime() - validTo(cross).getTime()).toBeLessThan(2 * 86_400_000);
  });
});

describe('a server certificate that is made after a roll-over', () => {
  it.each(['cert.crt', 'xmpp.pem'])(
    'is trusted by who knows only the old root, the new one, or both (%s)',
    async (file) => {
      makeCerts('roll', dir, 'Example');
      const [old, fresh] = [rootOf(dir, 1), rootOf(dir, 2)];
      expect(await handshake(old, ['localhost'], file)).toBe('trusted');
      expect(await handshake(fresh, ['localhost'], file)).toBe('trusted');
      expect(await handshake(old + fresh, ['localhost'], file)).toBe('trusted');
    },
  );

  it('is not trusted by who knows only the old root when the cross certificate is away', async () => {
    makeCerts('roll', '--without-cross', dir, 'Example');
    expect(await handshake(rootOf(dir, 1), ['localhost'])).toMatch(/UNABLE_TO|SELF_SIGNED/);
    expect(await handshake(rootOf(dir, 2), ['localhost'])).toBe('trusted');
  });
});

/** Shows a device's certificate to a server with these anchors. @returns `accepted`, or the code of OpenSSL's refusal */
async function accepts(ca: string, device: { cert: string; key: string }): Promise<string> {
  const out = join(dir, 'server');
  makeCerts('server', dir, out, 'localhost');
  const server = createServer({
    cert: readFileSync(join(out, 'cert.crt')),
    key: readFileSync(join(out, 'cert.key')),
    ...{ ca, requestCert: true, rejectUnauthorized: false },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...device });
  try {
    const [met] = (await once(server, 'secureConnection')) as [TLSSocket];
    const verdict = met.authorized ? 'accepted' : String(met.authorizationError);
    met.on('error', () => undefined).destroy();
    return verdict;
  } finally {
    socket.on('error', () => undefined).destroy();
    server.close();
  }
}

/** Makes a server certificate and connects to it with these roots. @returns `trusted`, or the code of OpenSSL's refusal */
async function handshake(ca: string, names: string[], file = 'cert.crt'): Promise<string> {
  const out = join(dir, 'server');
  makeCerts('server', dir, out, ...names);
  const server = createServer({ cert: readFileSync(join(out, file)), key: readFileSync(join(out, 'cert.key')) });
  const sockets: TLSSocket[] = [];
  server.on('secureConnection', (socket) => sockets.push(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername: names[0], ca });
  try {
    await once(socket, 'secureConnect');
    return 'trusted';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    for (const one of [socket, ...sockets]) one.destroy();
    server.close();
  }
}
