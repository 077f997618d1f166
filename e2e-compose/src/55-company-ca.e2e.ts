import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createRegistrationKey } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Api } from './harness/api';
import { run, until } from './harness/commands';
import { ITSM_DOMAIN } from './harness/domain';
import { runOn, untilPresence } from './harness/procedures';
import type { Server } from './harness/server';
import { asAdmin, itsm, machine, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

const BASE = ITSM_DOMAIN.replace(/^[^.]+\./, '');
const folder = join(inject('work'), 'company-ca');
const at = (name: string): string => join(folder, name);
const machines = { awake: machine('company-awake'), asleep: machine('company-asleep'), new: machine('company-new') };
type Name = keyof typeof machines;
const ids: Record<Name, string> = { awake: '', asleep: '', new: '' };
let admin: Api;
let company: string;
/** PEM of the own CA's roots. */
let own: string[];

const cert = (server: Server, ...words: string[]) => server.muster('cert', ...words, '--dir', server.folder);
const PLACES = {
  itsm: { host: topology.address('itsm'), servername: ITSM_DOMAIN },
  xmpp: { host: topology.address('xmpp'), servername: `xmpp.${BASE}`, ALPNProtocols: ['xmpp-client'] },
};
/** Whether a client that knows these roots alone believes the server. */
const isTrusted = (place: keyof typeof PLACES, ca: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect({ ...PLACES[place], port: 443, ca, rejectUnauthorized: false }, () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });

/** What a device was told of whom to believe. */
const told = (name: Name): { anchors: string[]; serverAnchors?: string[]; publicServers?: boolean } =>
  JSON.parse(machines[name].read('/var/lib/muster-agent/trust.json')) as { anchors: string[] };
const service = (name: Name, what: string) => machines[name].paste(`/etc/init.d/muster-agent ${what}`);
const idOf = (name: Name): string =>
  (JSON.parse(machines[name].read('/var/lib/muster-agent/identity.json')) as { deviceId: string }).deviceId;

/** A company's two-tier CA and certificates for host names alone, as its people make them. */
async function makeCompany(): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-subj', '/CN=Company root', '-days', '300'];
  await run('openssl', ['req', '-x509', ...key, ...ca, '-keyout', at('root.key'), '-out', at('root.crt')]);
  const issue = async (name: string, by: string, extensions: string): Promise<void> => {
    writeFileSync(at(`${name}.ext`), extensions);
    const subject = ['-subj', `/CN=Company ${name}`];
    await run('openssl', ['req', '-new', ...key, ...subject, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)]);
    const signing = ['-CA', at(`${by}.crt`), '-CAkey', at(`${by}.key`), '-CAcreateserial', '-days', '200'];
    const made = ['-extfile', at(`${name}.ext`), '-out', at(`${name}.crt`)];
    await run('openssl', ['x509', '-req', '-in', at(`${name}.csr`), ...signing, ...made]);
  };
  await issue('issuing', 'root', 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
  const server = 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n';
  await issue('itsm', 'issuing', `${server}subjectAltName=DNS:${ITSM_DOMAIN},DNS:*.${BASE}\n`);
  await issue('xmpp', 'issuing', `${server}subjectAltName=DNS:xmpp.${BASE}\n`);
  company = readFileSync(at('root.crt'), 'utf8');
}
const given = (name: string): string[] => [
  ...['--cert', at(`${name}.crt`), '--chain', at('issuing.crt'), '--key', at(`${name}.key`)],
];

/** The line for the XMPP server: the token is carried there by hand. */
async function joinAgain(...more: string[]) {
  const token = at('token');
  copyFileSync(join(itsm.folder, 'join/token'), token);
  chmodSync(token, 0o600);
  return cert(xmpp, 'replace', 'server', '--join', token, ...more);
}
async function installOn(name: Name): Promise<void> {
  const key = await admin.call(createRegistrationKey, { body: { name: `company CA, ${name}` } });
  const line = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install')?.line;
  await machines[name].start();
  expect(await machines[name].paste(line ?? '')).toMatchObject({ code: 0, stderr: '' });
  ids[name] = idOf(name);
  await untilPresence(admin, ids[name], ['online']);
}

beforeAll(async () => {
  await startFrom({ version: 'any' });
  await makeCompany();
  admin = await asAdmin();
  admin.accept(company);
  await installOn('awake');
  await installOn('asleep');
  own = told('awake').anchors;
}, 600_000);
afterAll(() => Object.values(machines).forEach((one) => one.stop()));

describe('a certificate of a company CA', () => {
  it('is refused while nobody lets its CA in, and the servers go on as they were', async () => {
    writeFileSync(at('whole.pem'), ['itsm', 'issuing', 'root'].map((name) => readFileSync(at(`${name}.crt`))).join(''));
    const refused = await cert(itsm, 'replace', 'server', '--cert', at('whole.pem'), '--key', at('itsm.key'));
    expect(refused.code).toBe(65);
    expect(refused.stderr).toContain('Devices would not connect any more');
    expect(await isTrusted('itsm', own.join('\n'))).toBe(true);
  });

  it('keeps the device that is connected, which is told before', async () => {
    expect(await service('asleep', 'stop')).toMatchObject({ code: 0 });
    const done = await cert(itsm, 'replace', 'server', ...given('itsm'), '--root', at('root.crt'));
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).not.toContain('does not say so yet');
    expect(await isTrusted('itsm', company)).toBe(true);
    expect(await isTrusted('itsm', own.join('\n'))).toBe(false);
    expect((await runOn(admin, ids.awake, 'echo under the company')).output).toBe('under the company\n');
    await untilPresence(admin, ids.awake, ['online']);
    expect(told('awake')).toMatchObject({ anchors: own, serverAnchors: [expect.stringContaining('BEGIN')] });
    expect(told('awake').serverAnchors?.map((pem) => pem.trim())).toEqual([company.trim()]);
    expect(told('awake').publicServers).toBeUndefined();
  });

  it('is followed by the device that slept: it comes back green, untouched', async () => {
    expect(told('asleep').serverAnchors).toBeUndefined();
    expect(await service('asleep', 'start')).toMatchObject({ code: 0 });
    await untilPresence(admin, ids.asleep, ['online']);
    expect((await runOn(admin, ids.asleep, 'echo slept well')).output).toBe('slept well\n');
    expect(told('asleep').serverAnchors?.map((pem) => pem.trim())).toEqual([company.trim()]);
  });

  it('is taken by the XMPP server once that was told; devices connect anew and the link holds', async () => {
    expect((await cert(xmpp, 'replace', 'server', ...given('xmpp'), '--root', at('root.crt'))).code).toBe(65);
    expect(await joinAgain()).toMatchObject({ code: 0 });
    expect(await cert(xmpp, 'replace', 'server', ...given('xmpp'))).toMatchObject({ code: 0 });
    expect([await isTrusted('xmpp', company), await isTrusted('xmpp', own.join('\n'))]).toEqual([true, false]);
    expect(await service('awake', 'restart')).toMatchObject({ code: 0 });
    await untilPresence(admin, ids.awake, ['online']);
    expect((await runOn(admin, ids.awake, 'echo woken through it')).output).toBe('woken through it\n');
    // Its NATS was started anew for the new root, and found the hub under it.
    const ask = `fetch('http://127.0.0.1:8222/leafz').then((reply) => reply.json()).then(({ leafnodes }) => console.log(leafnodes))`;
    await until('the link is there', async () => (await itsm.inside('nats', 'node', '-e', ask)).trim() === '1', 120);
  });

  it('lets a new device in by the one line, which carries its root', async () => {
    await installOn('new');
    const config = JSON.parse(machines.new.read('/etc/muster-agent/agent.json')) as { serverAnchors?: string[] };
    expect(config.serverAnchors?.map((pem) => pem.trim())).toEqual([company.trim()]);
    expect((await runOn(admin, ids.new, 'echo new here')).output).toBe('new here\n');
  });

  it('is no fault to doctor on either server', async () => {
    for (const server of [itsm, xmpp]) {
      const { stdout } = await server.muster('doctor', '--json', '--dir', server.folder);
      const { findings } = JSON.parse(stdout) as { findings: { code?: string; sentence: string }[] };
      const wrong = findings.filter(({ code = '' }) =>
        /^(edge|hub)-|^xmpp-untrusted|^certificate-(?!without-address)/.test(code),
      );
      expect(wrong).toEqual([]);
    }
  });

  it('lets in nobody else: client certificates stay those of the own CA', async () => {
    const asked = await run('sh', [
      '-c',
      `openssl s_client -connect ${PLACES.itsm.host}:443 -servername work.${BASE} </dev/null 2>&1 || true`,
    ]);
    const names = asked.slice(asked.indexOf('Acceptable client certificate CA names'));
    expect(names).toMatch(/CN ?= ?.* root CA/);
    expect(names.split('---')[0]).not.toContain('Company root');
  });

  it('gives way to the own CA again, and devices stay', async () => {
    expect(await cert(itsm, 'replace', 'server', '--self')).toMatchObject({ code: 0 });
    expect(await joinAgain('--force')).toMatchObject({ code: 0 });
    expect([await isTrusted('itsm', own.join('\n')), await isTrusted('xmpp', own.join('\n'))]).toEqual([true, true]);
    const { stdout } = await cert(itsm, 'trust', 'list', '--json');
    const [root] = (JSON.parse(stdout) as { trust: { roots: { sha256: string }[] } }).trust.roots;
    const remove = (...words: string[]) => cert(itsm, 'trust', 'remove', root?.sha256 ?? '', ...words);
    // The ITSM server has no way to the other one, as it need not have.
    expect(await remove()).toMatchObject({ code: 75, stderr: expect.stringContaining('cannot be asked from here') });
    expect(await remove('--force')).toMatchObject({ code: 0 });
    expect(await joinAgain()).toMatchObject({ code: 0 });
    for (const name of ['awake', 'asleep', 'new'] as const) {
      expect((await runOn(admin, ids[name], 'echo home')).output).toBe('home\n');
      await until('the map lets no other in', async () => told(name).serverAnchors === undefined, 420);
      await untilPresence(admin, ids[name], ['online']);
    }
  });
});
