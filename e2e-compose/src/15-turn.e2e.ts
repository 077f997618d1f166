import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistrationKey, retireDevice } from '@muster/contracts';
import { type Element, SimulatedDevice } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Api } from './harness/api';
import { type Ran, ran, project, run, until } from './harness/commands';
import { type Diagnosis, doctorIn } from './harness/doctor';
import { ITSM_DOMAIN } from './harness/domain';
import { VERSION } from './harness/images';
import { asAdmin, itsm, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

/** Beside the ITSM server, so that the one of the XMPP server is another machine's. */
const folder = join(inject('work'), 'turn');
const address = topology.address('itsm');
const root = join(itsm.folder, 'authority/roots/root-1.crt');
const secretFile = join(folder, 'secrets/turn');
let admin: Api;
let device: SimulatedDevice;
/** As the XMPP server hands them out, for the device that asked. */
let credentials: { username: string; password: string };

const compose = (...args: string[]): Promise<string> =>
  run('docker-compose', args, { cwd: folder, env: itsm.engine.environment });
const inspect = async (form: string): Promise<string> =>
  (await itsm.engine.docker('inspect', '--format', form, (await compose('ps', '--quiet', 'coturn')).trim())).trim();
const healthy = (): Promise<void> =>
  until('coturn is healthy', async () => (await inspect('{{.State.Health.Status}}')) === 'healthy');

/** The documented ports of a TURN server, and no other, are open at the firewall; or closed again. */
async function firewall(verb: '-A' | '-D'): Promise<void> {
  const ways = [
    ['udp', '3478,5349,49152:65535'],
    ['tcp', '3478,5349'],
  ] as const;
  for (const from of ['devices', 'xmpp'] as const) {
    for (const [protocol, ports] of ways) {
      const way = ['-s', topology.address(from), '-d', address, '-p', protocol, '-m', 'multiport', '--dports', ports];
      await run('nsenter', [...topology.at('router'), 'iptables', '-w', verb, 'FORWARD', ...way, '-j', 'ACCEPT']);
    }
  }
}

beforeAll(async () => {
  await startFrom({ version: VERSION });
  const place = (from: string, to: string): Promise<string> =>
    run('install', ['-D', '--group=10001', '--mode=0440', from, join(folder, to)]);
  mkdirSync(folder);
  // A machine for tests may not allow as many open files as a server does.
  const files = Number(await run('sh', ['-c', 'ulimit -Hn | sed s/unlimited/65536/']));
  const variables = {
    MUSTER_VERSION: VERSION,
    TURN_CERTS_DIR: './certs',
    HEALTH_SECONDS: '1',
    OPEN_FILES: String(Math.min(files, 65_536)),
    TURN_EXTERNAL_IP: address,
    // Addresses for tests of networks are not relayed to without being named.
    TURN_ALLOWED_PEERS: '198.18.0.0-198.19.255.255',
  };
  writeFileSync(
    join(folder, '.env'),
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await place(join(project, 'compose/turn/docker-compose.yml'), 'docker-compose.yml');
  for (const file of ['cert.crt', 'cert.key']) await place(join(itsm.folder, 'certs', file), `certs/${file}`);
  await place(join(xmpp.folder, 'secrets/turn'), 'secrets/turn');
  await compose('up', '--detach');
  await firewall('-A');
  admin = await asAdmin();
  const { key = '' } = await admin.call(createRegistrationKey, { body: { name: 'turn' } });
  const front = {
    address,
    port: 443,
    hostName: ITSM_DOMAIN,
    anchors: [readFileSync(root, 'utf8')],
  };
  device = await SimulatedDevice.create({ front });
  await device.enrol(key);
});
afterAll(async () => {
  await firewall('-D').catch(() => undefined);
  await compose('down', '--volumes');
  if (device) await admin.call(retireDevice, { params: { id: device.id } });
});

/** Both ends are on the devices' network, and each is relayed: what one sends reaches the other through the server alone. */
const relayed = (host: string, ways: string[], { username, password } = credentials): Promise<Ran> =>
  ran('nsenter', [
    ...[...topology.at('devices'), 'timeout', '30', 'turnutils_uclient', '-y', '-c', '-e', host, '-n', '5', '-m', '1'],
    ...['-u', username, '-w', password, ...ways, host],
  ]);
const ALL_CAME = 'Total lost packets 0 ';

describe('a TURN server of its own', () => {
  it('is healthy, without privileges on a read-only file system', async () => {
    await healthy();
    const form = '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}';
    expect(await inspect(form)).toBe('10001:10001 true [ALL] [no-new-privileges:true]');
  });

  it('is one whose credentials a device is given by the XMPP server (XEP-0215)', async () => {
    const connection = await device.connect();
    try {
      const reply = new Promise<Element>((resolve) =>
        connection.on('stanza', (stanza) => {
          if (stanza.attributes['id'] === 'turn') resolve(stanza);
        }),
      );
      connection.send(`<iq type='get' id='turn'><services xmlns='urn:xmpp:extdisco:2' type='turn'/></iq>`);
      const services = (await reply).children.flatMap(({ children }) => children.map(({ attributes }) => attributes));
      expect(services).toMatchObject([
        { type: 'turn', host: topology.address('xmpp'), port: '3478', transport: 'udp' },
        { type: 'turn', host: topology.address('xmpp'), port: '3478', transport: 'tcp' },
      ]);
      const { username = '', password = '' } = services[0] ?? {};
      credentials = { username, password };
    } finally {
      await connection.close();
    }
  });

  it.each([
    ['UDP', []],
    ['TCP', ['-t']],
    ['DTLS', ['-S']],
  ])('relays between devices with them, over %s and through the documented ports alone', async (_name, ways) => {
    const { stdout, stderr } = await relayed(address, ways);
    expect(stdout, stdout + stderr).toContain(ALL_CAME);
    expect(stdout).toMatch(/tot_recv_msgs=10\b/);
  });

  it('relays for nobody else', async () => {
    const wrong = { ...credentials, password: 'wrong' };
    const later = { ...credentials, username: credentials.username.replace(/^\d/, '9') };
    for (const other of [wrong, later]) {
      const { stdout } = await relayed(address, [], other);
      expect(stdout).not.toContain(ALL_CAME);
      expect(stdout).toMatch(/401|Unauthorized|Cannot complete Allocation/i);
    }
  });

  it('is believed by who knows the root of the installation, over TLS', async () => {
    const named = ['-servername', ITSM_DOMAIN, '-verify_hostname', ITSM_DOMAIN, '-verify_return_error'];
    const asked = ['openssl', 's_client', '-connect', `${address}:5349`, '-CAfile', root, ...named];
    const { code, stdout, stderr } = await ran('nsenter', [...topology.at('devices'), ...asked]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('Verification: OK');
  });

  it('shows the certificate that it was given', async () => {
    const shown = (port: number): Promise<string> => {
      const asked = `openssl s_client -connect ${address}:${port} -servername ${ITSM_DOMAIN} </dev/null`;
      const script = `${asked} 2>/dev/null | openssl x509 -noout -fingerprint -sha256`;
      return run('nsenter', [...topology.at('router'), 'sh', '-c', script]);
    };
    expect(await shown(5349)).toBe(await shown(443));
  });
});

/** What `muster doctor` says of TURN. */
const ofTurn = ({ faults }: Diagnosis): string[] => faults.filter((code) => code.startsWith('turn-'));

describe('muster doctor', () => {
  const here = (): Promise<Diagnosis> => doctorIn(itsm, folder);
  const onXmpp = (): Promise<Diagnosis> => doctorIn(xmpp, xmpp.folder);
  let env = '';
  beforeAll(() => {
    env = readFileSync(join(xmpp.folder, '.env'), 'utf8');
    const own = `turn:${topology.address('xmpp')}:3478?transport=udp`;
    xmpp.set('ITSM_TURN_SERVERS', `${own},turn:${address}:3478?transport=udp`);
  });
  afterAll(() => writeFileSync(join(xmpp.folder, '.env'), env));

  it('finds no fault with TURN on either server, and has something relayed', async () => {
    const found = await here();
    expect(found, found.words).toMatchObject({ exitCode: 0, faults: [] });
    expect(found.words).toContain(`The TURN server at 127.0.0.1:3478 answers, and relays from ${address}.`);
    expect(found.words).toContain('127.0.0.1:5349 answers over TLS');
    const { words, ...other } = await onXmpp();
    expect(ofTurn({ words, ...other }), words).toEqual([]);
    for (const host of [address, topology.address('xmpp')])
      expect(words).toContain(`The TURN server at ${host}:3478 answers, and relays from ${host}.`);
  });

  it('says that a secret was changed and the server runs with the one before', async () => {
    writeFileSync(secretFile, 'another secret');
    const found = await here();
    expect(found.faults, found.words).toEqual(['turn-refuses-credentials']);
  });

  it('says on the XMPP server that its credentials are refused where the secrets differ', async () => {
    await compose('restart', 'coturn');
    await healthy();
    const found = await here();
    expect(found.faults, found.words).toEqual([]);
    const { words, ...other } = await onXmpp();
    expect(ofTurn({ words, ...other }), words).toEqual(['turn-refuses-credentials']);
    expect(words).toContain(`The TURN server at ${address}:3478 refuses the credentials`);
    expect((await relayed(address, [])).stdout).not.toContain(ALL_CAME);
  });

  it('says that another certificate lies there than is served, and that its key is missing', async () => {
    const [certificate, key] = [join(folder, 'certs/cert.crt'), join(folder, 'certs/cert.key')];
    const domain = ITSM_DOMAIN.replace(/^[^.]+/, 'xmpp');
    const kept = [certificate, key].map((file) => readFileSync(file));
    copyFileSync(join(xmpp.folder, `certs/${domain}.pem`), certificate);
    writeFileSync(key, '');
    const found = await here();
    expect(found.faults, found.words).toEqual(['certificate-not-served', 'key-missing']);
    kept.forEach((text, index) => writeFileSync([certificate, key][index] ?? '', text));
  });

  it('says what does not answer when the container is down', async () => {
    await compose('stop', 'coturn');
    const found = await here();
    expect(found.faults, found.words).toEqual([
      ...['stack-absent', 'turn-stream-unreachable', 'turn-stream-unreachable', 'turn-unreachable'],
    ]);
    expect(found.exitCode).toBe(1);
  });
});
