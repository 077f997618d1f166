import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Child, eventually, freePort } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { turnSecretIn, turnServerChecks } from '../doctor/turn-server';
import { type Command, Commands } from '../site/commands';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import type { Check } from './finding';
import { turnCheck, turnPlaces } from './turn';
import { turnStreamsCheck } from './turn-streams';

const folder = testFolder();
const HOST = '127.0.0.1';
const codes = async (check: Check) => (await check.run()).map(({ code, verdict }) => code ?? verdict);
const make = new CertificateMaker(folder);
const secret = 'a secret of the tests';
const access = { secret, file: '/etc/secrets/turn' };

let count = 0;
/** A real coturn on this machine alone. */
async function coturn(...more: string[]): Promise<{ port: number; tls: number; end: () => Promise<unknown> }> {
  const [port, tls] = [await freePort(), await freePort()];
  const own = join(folder, `coturn-${(count += 1)}`);
  const ports = [`--listening-port=${port}`, `--tls-listening-port=${tls}`, '--min-port=42000', '--max-port=42999'];
  const files = [`--pidfile=${own}.pid`, `--userdb=${own}.db`, '--log-file=stdout', '--no-cli'];
  const keys = [`--cert=${join(folder, 'turn.crt')}`, `--pkey=${join(folder, 'turn.key')}`];
  const place = [`--listening-ip=${HOST}`, `--relay-ip=${HOST}`, '--allow-loopback-peers'];
  const child = new Child('turnserver', ['-n', ...place, ...ports, ...files, ...keys, ...more]);
  await eventually(async () => (await codes(turnCheck({ host: HOST, port }))).includes('ok'), { within: 20_000 });
  return { port, tls, end: () => child.stop('SIGKILL') };
}
const shared = ['--realm=muster', '--use-auth-secret', `--static-auth-secret=${secret}`];

beforeAll(() => {
  make.authority('root', 'Root');
  make.server('turn', ['turn.company.test'], 'root');
});

describe('the TURN server', () => {
  let server: Awaited<ReturnType<typeof coturn>>;
  beforeAll(async () => {
    server = await coturn(...shared);
  });
  afterAll(() => server.end());

  it('is a real coturn that relays for the credentials of the secret, and gives the relayed address back', async () => {
    // More often than one user may have allocations at once.
    for (let time = 0; time < 3; time += 1) {
      const [found] = await turnCheck({ host: HOST, port: server.port }, { access }).run();
      expect(found?.sentence).toBe(`The TURN server at ${HOST}:${server.port} answers, and relays from ${HOST}.`);
    }
  });

  it('refuses the credentials of another secret', async () => {
    const other = { secret: 'another secret', file: '/opt/muster/xmpp/secrets/turn' };
    const [refused] = await turnCheck({ host: HOST, port: server.port }, { access: other }).run();
    expect(refused).toMatchObject({ code: 'turn-refuses-credentials', verdict: 'fault' });
    expect(refused?.sentence).toBe(
      `The TURN server at ${HOST}:${server.port} refuses the credentials that are made with ${other.file} of this server (401).`,
    );
  });

  it('answers over TCP and TLS too', async () => {
    const streams = [
      { host: HOST, port: server.port, transport: 'TCP' },
      { host: HOST, port: server.tls, transport: 'TLS' },
    ] as const;
    expect(await codes(turnStreamsCheck(streams))).toEqual(['ok', 'ok']);
    const gone = { host: HOST, port: await freePort(), transport: 'TLS' } as const;
    expect(await codes(turnStreamsCheck([gone]))).toEqual(['turn-stream-unreachable']);
  });

  it('answers, and relays nothing', async () => {
    const relayless = await coturn('--stun-only');
    const impatient = { access, tries: 2, everyMs: 100 };
    expect(await codes(turnCheck({ host: HOST, port: relayless.port }, impatient))).toEqual(['turn-without-relay']);
    await relayless.end();
  });

  it('is gone', async () => {
    const gone = await coturn(...shared);
    const place = { host: HOST, port: gone.port };
    await gone.end();
    expect(await codes(turnCheck(place, { tries: 2, everyMs: 50, access }))).toEqual(['turn-unreachable']);
    const [hidden] = await turnCheck(place, { tries: 2, everyMs: 50, elsewhere: true }).run();
    expect(hidden).toMatchObject({ code: 'turn-out-of-sight', verdict: 'warning' });
  });

  it('is something else that answers', async () => {
    const echo = createSocket('udp4').bind(0, HOST);
    echo.on('message', (message, from) => echo.send(message, from.port, from.address));
    await once(echo, 'listening');
    const { port } = echo.address();
    expect(await codes(turnCheck({ host: HOST, port }))).toEqual(['turn-not-stun']);
    expect(await codes(turnCheck({ host: HOST, port }, { elsewhere: true }))).toEqual(['turn-not-stun']);
    echo.close();
    const talker = createServer((socket) => socket.on('error', () => undefined).end('220 mail.test ESMTP\r\n'));
    await once(talker.listen(0, HOST), 'listening');
    const stream = { host: HOST, port: (talker.address() as AddressInfo).port, transport: 'TCP' } as const;
    expect(await codes(turnStreamsCheck([stream]))).toEqual(['turn-stream-not-stun']);
    talker.close();
  });

  it('is read from the URIs of the configuration', () => {
    const uris =
      'turn:a.test:3478?transport=udp,turn:a.test:3478?transport=tcp,turns:a.test:443,turn:[::1]:99,stun:b.test';
    expect(turnPlaces(uris)).toEqual([
      { host: 'a.test', port: 3478 },
      { host: '::1', port: 99 },
      { host: 'b.test', port: 3478 },
    ]);
    expect(turnPlaces('')).toEqual([]);
  });
});

describe('muster doctor on a server with coturn alone', () => {
  class NoDocker extends Commands {
    override async try(_command: Command) {
      return { code: 1, output: '', errors: 'Cannot connect to the Docker daemon', missing: false };
    }
  }

  it('says what it lacks, before it has anything', async () => {
    const own = join(folder, 'empty');
    mkdirSync(own);
    writeFileSync(join(own, '.env'), 'TURN_CERTS_DIR=./certs\n');
    writeFileSync(join(own, 'docker-compose.yml'), 'services:\n  coturn:\n    image: muster/coturn\n');
    const found = await Promise.all(turnServerChecks(own, new NoDocker()).map((check) => codes(check)));
    expect(found.flat()).toEqual(expect.arrayContaining(['stack-unknown', 'certificate-missing']));
    expect(turnSecretIn(own)).toBeUndefined();
  });
});
