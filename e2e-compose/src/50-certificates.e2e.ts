import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createRegistrationKey } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Api } from './harness/api';
import { project, run, until } from './harness/commands';
import { ITSM_DOMAIN } from './harness/domain';
import { runOn, untilPresence } from './harness/procedures';
import type { Server } from './harness/server';
import { asAdmin, itsm, machine, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

interface RootStatus {
  file: string;
  state: string;
  devices: number;
}
interface Status {
  state: string;
  roots: RootStatus[];
  devices: { late: { name: string; id: string }[] };
}

const BASE = ITSM_DOMAIN.replace(/^[^.]+\./, '');
const [awake, asleep] = [machine('machine-awake'), machine('machine-asleep')];
const folder = join(inject('work'), 'certificates');
const authority = join(itsm.folder, 'authority');
const ids = { awake: '', asleep: '' };
let admin: Api;
/** PEM of the root that devices were enrolled under. */
let oldRoot: string;
/** File of the root that came with the roll-over, such as `roots/root-2.crt`. */
let newest: string;

const cert = (server: Server, ...words: string[]) => server.muster('cert', ...words, '--dir', server.folder);
const status = async (): Promise<Status> => JSON.parse((await cert(itsm, 'roll', 'status', '--json')).stdout) as Status;
const PLACES = {
  itsm: { host: topology.address('itsm'), servername: ITSM_DOMAIN },
  xmpp: { host: topology.address('xmpp'), servername: `xmpp.${BASE}`, ALPNProtocols: ['xmpp-client'] },
};
type Place = keyof typeof PLACES;

/** The certificate that is served, and whether a client that knows these roots alone trusts it. */
const served = (place: Place, ca = ''): Promise<{ fingerprint: string; trusted: boolean }> =>
  new Promise((resolve, reject) => {
    const socket = connect({ ...PLACES[place], port: 443, ca, rejectUnauthorized: false }, () => {
      resolve({ fingerprint: socket.getPeerCertificate().fingerprint256, trusted: socket.authorized });
      socket.destroy();
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });

/** Of which roots the edge or the broker lets devices in, by their names. */
async function accepts(place: Place): Promise<string[]> {
  const { host } = PLACES[place];
  const name = place === 'itsm' ? `work.${BASE}` : `xmpp.${BASE}`;
  const alpn = place === 'xmpp' ? ' -alpn xmpp-client' : '';
  const said = await run('sh', [
    '-c',
    `openssl s_client -connect ${host}:443 -servername ${name}${alpn} </dev/null 2>&1 || true`,
  ]);
  return [...said.matchAll(/^CN ?= ?(.* root CA(?: \d+)?)$/gm)].map(([, found = '']) => found).sort();
}

const sql = async (query: string): Promise<string> => {
  const psql = 'PGPASSWORD=$(cat /run/secrets/postgres-admin) psql -h 127.0.0.1 -U muster_admin -d postgres -Atc';
  return (await itsm.inside('postgres', 'sh', '-c', `${psql} "${query}"`)).trim();
};
/** Since when the device has its connection to the broker. */
const connectedSince = (id: string): Promise<string> =>
  sql(`select changed_at from core.device_connections where device_id = '${id}' and connected`);
/** Ends of the link between both servers as the hub sees them: another port is another connection. */
const link = async (): Promise<unknown> => {
  const ask = `fetch('http://127.0.0.1:8222/leafz').then((reply) => reply.json()).then(({ leafs }) => console.log(JSON.stringify(leafs.map(({ ip, port }) => ({ ip, port })))))`;
  return JSON.parse(await itsm.inside('nats', 'node', '-e', ask));
};
const startedAt = async (server: Server, service: string): Promise<string | undefined> =>
  (await server.containers()).get(service)?.State.StartedAt;

/** What a device holds: roots that it trusts, and whether its certificate is under one. */
function held(of: typeof awake): { anchors: string[]; under: (root: string) => boolean } {
  const { anchors } = JSON.parse(of.read('/var/lib/muster-agent/trust.json')) as { anchors: string[] };
  const { chain } = JSON.parse(of.read('/var/lib/muster-agent/identity.json')) as { chain: string };
  const issuing = new X509Certificate(chain.split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? '');
  return { anchors: anchors.map((pem) => pem.trim()), under: (root) => issuing.checkIssued(new X509Certificate(root)) };
}
const rootText = (file: string): string => readFileSync(join(authority, file), 'utf8').trim();

/** The line for the XMPP server: the token is carried there by hand. */
async function joinAgain(): Promise<{ code: number; stdout: string; stderr: string }> {
  const token = join(folder, 'token');
  copyFileSync(join(itsm.folder, 'join/token'), token);
  chmodSync(token, 0o600);
  return cert(xmpp, 'replace', 'server', '--join', token);
}

beforeAll(async () => {
  await startFrom({ version: 'any' });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  admin = await asAdmin();
  const key = await admin.call(createRegistrationKey, { body: { name: 'certificates' } });
  const line = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install')?.line;
  for (const [name, one] of [
    ['awake', awake],
    ['asleep', asleep],
  ] as const) {
    await one.start();
    expect(await one.paste(line ?? '')).toMatchObject({ code: 0, stderr: '' });
    // Fleets renew over ten minutes; these two need not.
    const config = '/etc/muster-agent/agent.json';
    const hasty = `sed -i 's/^{/{"rollOverSpreadSeconds":1,/' ${config} && /etc/init.d/muster-agent restart`;
    expect(await one.paste(hasty)).toMatchObject({ code: 0 });
    ids[name] = (JSON.parse(one.read('/var/lib/muster-agent/identity.json')) as { deviceId: string }).deviceId;
    await untilPresence(admin, ids[name], ['online']);
  }
  oldRoot = held(awake).anchors[0] ?? '';
}, 600_000);
afterAll(() => [awake, asleep].forEach((one) => one.stop()));

describe('a certificate that does not fit', () => {
  const make = async (name: string, names: string[]): Promise<void> => {
    const script = join(project, 'certs-templates/make-certs.sh');
    await run('sh', [script, 'server', authority, join(folder, name), ...names]);
  };
  const files = (name: string, key = name): string[] => [
    ...['--cert', join(folder, name, 'cert.crt')],
    ...['--key', join(folder, key, 'cert.key')],
  ];
  beforeAll(async () => {
    await make('good', [ITSM_DOMAIN, `*.${BASE}`, topology.address('itsm')]);
    await make('elsewhere', ['elsewhere.test']);
    const [leaf = ''] = readFileSync(join(folder, 'good/cert.crt'), 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/);
    mkdirSync(join(folder, 'alone'));
    writeFileSync(join(folder, 'alone/cert.crt'), leaf);
    mkdirSync(join(folder, 'locked'));
    const [plain, locked] = [join(folder, 'good/cert.key'), join(folder, 'locked/cert.key')];
    await run('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      plain,
      '-out',
      locked,
      '-passout',
      'pass:right',
      '-v2',
      'aes-256-cbc',
    ]);
    writeFileSync(join(folder, 'passphrase'), 'wrong\n');
    mkdirSync(join(folder, 'expired'));
    const request = join(folder, 'expired/request');
    const names = ['-subj', `/CN=${ITSM_DOMAIN}`, '-addext', `subjectAltName=DNS:${ITSM_DOMAIN}`];
    await run('openssl', ['req', '-new', '-key', plain, ...names, '-out', request]);
    const ended = ['-days', '-1', '-copy_extensions', 'copyall', '-out', join(folder, 'expired/cert.crt')];
    await run('openssl', ['x509', '-req', '-in', request, '-signkey', plain, ...ended]);
  });

  it.each([
    ['is for another name', () => files('elsewhere'), /is not for itsm\.muster\.test, .*; it is for elsewhere\.test\./],
    ['comes without its chain', () => files('alone', 'good'), /breaks off: .* is missing and no known root\./],
    ['comes with another key', () => files('good', 'elsewhere'), /does not belong to the certificate/],
    ['has expired', () => files('expired', 'good'), /expired on \d{4}-\d\d-\d\d\./],
    [
      'has a key under another passphrase',
      () => [...files('good', 'locked'), '--key-passphrase-file', join(folder, 'passphrase')],
      /The given passphrase does not open the private key/,
    ],
  ])('because it %s is refused in words, and the stack goes on as it was', async (_why, words, sentence) => {
    const before = [await served('itsm'), await startedAt(itsm, 'web'), await connectedSince(ids.awake)];
    const refused = await cert(itsm, 'replace', 'server', ...words());
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(sentence);
    expect([await served('itsm'), await startedAt(itsm, 'web'), await connectedSince(ids.awake)]).toEqual(before);
  });

  it('is not what a good one is: that is served at once, while devices and the link stay connected', async () => {
    const before = [await connectedSince(ids.awake), await link(), await startedAt(itsm, 'web')];
    const done = await cert(itsm, 'replace', 'server', ...files('good'));
    expect(done).toMatchObject({ code: 0 });
    const good = new X509Certificate(readFileSync(join(folder, 'good/cert.crt')));
    expect(await served('itsm', oldRoot)).toEqual({ fingerprint: good.fingerprint256, trusted: true });
    expect((await runOn(admin, ids.awake, 'echo under the new certificate')).output).toBe(
      'under the new certificate\n',
    );
    expect([await connectedSince(ids.awake), await link(), await startedAt(itsm, 'web')]).toEqual(before);
  });
});

describe('a new issuing CA', () => {
  it('for servers: both get certificates of it, and devices stay connected', async () => {
    const before = [await served('itsm'), await served('xmpp')];
    const since = [await connectedSince(ids.awake), await startedAt(xmpp, 'push-broker'), await link()];
    expect(await cert(itsm, 'roll', 'servers')).toMatchObject({ code: 0 });
    expect(await joinAgain()).toMatchObject({ code: 0 });
    const after = [await served('itsm', oldRoot), await served('xmpp', oldRoot)];
    expect(after.map(({ trusted }) => trusted)).toEqual([true, true]);
    for (const index of [0, 1]) expect(after[index]?.fingerprint).not.toBe(before[index]?.fingerprint);
    expect([await connectedSince(ids.awake), await startedAt(xmpp, 'push-broker'), await link()]).toEqual(since);
  });

  it('is what coturn shows too', async () => {
    const shown = await run('nsenter', [
      ...topology.at('xmpp'),
      ...[
        'sh',
        '-c',
        `openssl s_client -connect 127.0.0.1:5349 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
      ],
    ]);
    expect(shown.trim().split('=')[1]).toBe((await served('xmpp')).fingerprint);
  });

  it('for devices: those that have a certificate of the one before keep it', async () => {
    expect(await cert(itsm, 'roll', 'devices')).toMatchObject({ code: 0 });
    expect((await runOn(admin, ids.awake, 'echo still here')).output).toBe('still here\n');
  });
});

describe('a roll-over of the root', () => {
  it('is begun with one device online and one that sleeps: the first follows while it is connected', async () => {
    expect(await asleep.paste('/etc/init.d/muster-agent stop')).toMatchObject({ code: 0 });
    const started = [
      await startedAt(itsm, 'web'),
      await startedAt(itsm, 'key-manager'),
      await startedAt(xmpp, 'push-broker'),
    ];
    const begun = await cert(itsm, 'roll', 'root', '--json');
    expect(begun).toMatchObject({ code: 0 });
    newest = (JSON.parse(begun.stdout) as { status: Status }).status.roots[0]?.file ?? '';
    const root = rootText(newest);
    expect(root).not.toBe(oldRoot);
    for (const ca of [oldRoot, root]) expect((await served('itsm', ca)).trusted).toBe(true);
    // The XMPP server has heard of nothing, and the device is under the new root already.
    await until('the device renewed', async () => held(awake).under(root), 240);
    await until('the device trusts both', async () => held(awake).anchors.join() === [root, oldRoot].join(), 120);
    await untilPresence(admin, ids.awake, ['online']);
    expect((await accepts('xmpp')).length).toBe(1);
    expect([
      await startedAt(itsm, 'web'),
      await startedAt(itsm, 'key-manager'),
      await startedAt(xmpp, 'push-broker'),
    ]).toEqual(started);
  });

  it('is taken up by the XMPP server with one line, and the device stays connected', async () => {
    await until('the device is connected', async () => (await connectedSince(ids.awake)) !== '', 240);
    const since = [await connectedSince(ids.awake), await startedAt(xmpp, 'push-broker')];
    expect(await joinAgain()).toMatchObject({ code: 0 });
    for (const ca of [oldRoot, rootText(newest)]) expect((await served('xmpp', ca)).trusted).toBe(true);
    expect(await accepts('xmpp')).toHaveLength(2);
    await until('the link is there', async () => ((await link()) as unknown[]).length === 1, 120);
    expect([await connectedSince(ids.awake), await startedAt(xmpp, 'push-broker')]).toEqual(since);
  });

  it('says which device has not come, and does not end while that was seen lately', async () => {
    const now = await status();
    expect(now).toMatchObject({ state: 'rolling', roots: [{ state: 'current' }, { state: 'old' }] });
    expect(now.devices.late.map(({ id }) => id)).toContain(ids.asleep);
    expect(now.devices.late.map(({ id }) => id)).not.toContain(ids.awake);
    const refused = await cert(itsm, 'roll', 'finish', '--joined');
    expect(refused.code).toBe(75);
    expect(refused.stderr).toContain('machine-asleep');
    expect(await accepts('itsm')).toHaveLength(2);
  });

  it('ends: nobody lets devices of the old root in, and the one that followed stays green', async () => {
    const since = await connectedSince(ids.awake);
    expect(await cert(itsm, 'roll', 'finish', '--joined', '--force')).toMatchObject({ code: 0 });
    expect(await joinAgain()).toMatchObject({ code: 0 });
    expect([await accepts('itsm'), await accepts('xmpp')].map(({ length }) => length)).toEqual([1, 1]);
    await until('the device knows only the new root', async () => held(awake).anchors.length === 1, 240);
    expect(held(awake).anchors).toEqual([rootText(newest)]);
    expect(since).not.toBe('');
    await untilPresence(admin, ids.awake, ['online']);
    expect((await runOn(admin, ids.awake, 'echo under the new root')).output).toBe('under the new root\n');
  });

  it('is followed by the device that slept through all of it: it comes back green, untouched', async () => {
    expect(held(asleep).anchors).toEqual([oldRoot]);
    expect(await asleep.paste('/etc/init.d/muster-agent start')).toMatchObject({ code: 0 });
    await untilPresence(admin, ids.asleep, ['online']);
    await until(
      'the device trusts the new root alone',
      async () => held(asleep).anchors.length === 1 && held(asleep).anchors[0] === rootText(newest),
      120,
    );
    expect(held(asleep).under(rootText(newest))).toBe(true);
    expect((await runOn(admin, ids.asleep, 'echo slept well')).output).toBe('slept well\n');
    const now = await status();
    expect(now).toMatchObject({ state: 'steady' });
    expect(now.devices.late.map(({ id }) => id)).not.toContain(ids.asleep);
  });
});
