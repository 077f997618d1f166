import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neededPorts } from '../setup/ground';
import { partOf } from '../stack/docker-facts';
import { CertificateMaker } from '../testing/bad-certificates';
import { startDns } from '../testing/dns-server';
import { testFolder } from '../testing/folder';
import { clockSkewCheck, plausibleClockCheck } from './clock';
import { isOlder } from './docker';
import type { Check } from './finding';
import { diskCheck, kernelCheck, machineCheck, NEEDS, roomCheck } from './machine';
import { lookupBy, nameCheck } from './names';
import { portCheck } from './ports';

const folder = testFolder();
const codes = async (check: Check) => (await check.run()).map(({ code, verdict }) => code ?? verdict);

describe('the machine', () => {
  const machine = { processors: 4, memory: 16e9 };

  it('is enough, small, or too small', async () => {
    expect(await codes(machineCheck(NEEDS.itsm, machine))).toEqual(['ok']);
    expect(await codes(machineCheck(NEEDS.itsm, { processors: 1, memory: 4e9 }))).toEqual([
      'processor-small',
      'memory-small',
    ]);
    expect(await codes(machineCheck(NEEDS.itsm, { processors: 2, memory: 1e9 }))).toEqual(['memory-too-small']);
  });

  it('has room for a folder that is not there yet, and not for the impossible', async () => {
    expect(await codes(roomCheck(join(folder, 'not/yet'), 1))).toEqual(['ok']);
    expect(await codes(roomCheck(folder, 1e18))).toEqual(['disk-too-small']);
  });

  it('has a disk that is fine, fills up, or is nearly full', async () => {
    expect(await codes(diskCheck(folder, { warnAt: 1.1, faultAt: 1.1 }))).toEqual(['ok']);
    expect(await codes(diskCheck(folder, { warnAt: 0, faultAt: 1.1 }))).toEqual(['disk-filling']);
    const [full] = await diskCheck(folder, { warnAt: 0, faultAt: 0 }).run();
    expect(full).toMatchObject({ code: 'disk-nearly-full', verdict: 'fault' });
    expect(full?.sentence).toMatch(/is \d+ % full: \d+ MB are free/);
  });

  it('has kernel settings, each named with the line that mends it', async () => {
    mkdirSync(join(folder, 'net/core'), { recursive: true });
    writeFileSync(join(folder, 'net/core/somaxconn'), '128\n');
    const [low] = await kernelCheck({ 'net.core.somaxconn': 4096, 'not.there': 1 }, folder).run();
    expect(low).toMatchObject({ code: 'kernel-setting' });
    expect(low?.remedy).toContain('sysctl -w net.core.somaxconn=4096');
  });
});

describe('ports', () => {
  it('are free, or taken by a program that listens', async () => {
    const server = createServer().listen(0);
    const udp = createSocket('udp4').bind(0);
    await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
    const [tcpPort, udpPort] = [(server.address() as AddressInfo).port, udp.address().port];
    const check = portCheck([
      { port: tcpPort, protocol: 'TCP', purpose: 'the console' },
      { port: udpPort, protocol: 'UDP', purpose: 'TURN' },
    ]);
    const [first, second] = await check.run();
    expect(first?.sentence).toBe(`Port ${tcpPort} (TCP) is in use by another program, and the console needs it.`);
    expect(second).toMatchObject({ code: 'port-in-use' });
    server.close();
    udp.close();
    await Promise.all([once(server, 'close'), once(udp, 'close')]);
    expect(await codes(check)).toEqual(['ok', 'ok']);
  });

  it('of one address are another matter than those of all, and of another machine nobody can have them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const at = (address: string) => portCheck([{ port, address, protocol: 'TCP', purpose: 'the console' }]);
    expect(await codes(at('127.0.0.1'))).toEqual(['port-in-use']);
    expect(await codes(at('127.0.0.2'))).toEqual(['ok']);
    const [refused] = await at('192.0.2.1').run();
    expect(refused).toMatchObject({ code: 'port-refused' });
    expect(refused?.sentence).toContain('EADDRNOTAVAIL');
    server.close();
  });
});

describe('ports that a server needs', () => {
  const needed = (server: 'itsm' | 'xmpp', turn: boolean, variables = {}) =>
    neededPorts({ server, turn, variables }).map(({ port, protocol }) => `${port} ${protocol}`);

  it('are those that its containers publish, where the .env file puts them', () => {
    expect(needed('itsm', true)).toEqual(['443 TCP', '80 TCP']);
    expect(needed('xmpp', false, { PUSH_PUBLISH: '127.0.0.1:9080' })).toEqual(['443 TCP', '5222 TCP', '9080 TCP']);
  });

  it('are also those that coturn opens on the host, each of them known to be its own later', () => {
    const template = readFileSync(join(import.meta.dirname, '../../../deploy/turn/turnserver.conf.template'), 'utf8');
    const opened = [...template.matchAll(/^(?:tls-)?listening-port=(\d+)$/gm)].map(([, port]) => Number(port));
    const turn = needed('xmpp', true).filter((one) => !needed('xmpp', false).includes(one));
    expect(turn).toEqual(opened.flatMap((port) => [`${port} TCP`, `${port} UDP`]));
    expect(turn).toContain('5349 TCP');
    const { ports } = partOf({
      ...{
        Id: 'f00',
        Name: '/xmpp_coturn_1',
        RestartCount: 0,
        HostConfig: { RestartPolicy: { Name: 'always' }, NetworkMode: 'host' },
      },
      State: { Status: 'running', ExitCode: 0, Error: '', OOMKilled: false, StartedAt: '2025-06-01T08:00:00Z' },
      ...{ Config: { Labels: null }, NetworkSettings: { Networks: {} } },
    });
    expect(ports).toEqual(opened);
  });
});

describe('names', () => {
  it('are asked of a real DNS server', async () => {
    const dns = await startDns({ 'itsm.company.test': '192.0.2.10', 'xmpp.company.test': '198.51.100.7' });
    const expected = (name: string, needed = true) => ({ name, addresses: ['192.0.2.10'], needed });
    const lookup = lookupBy([dns.address]);
    try {
      const findings = await nameCheck(
        [
          expected('itsm.company.test'),
          expected('xmpp.company.test'),
          expected('work.company.test'),
          expected('dl.company.test', false),
          expected('bip.company.test', false),
          expected('192.0.2.10'),
        ],
        lookup,
      ).run();
      expect(findings.map(({ code, verdict }) => code ?? verdict)).toEqual([
        'ok',
        'name-elsewhere',
        'name-unresolved',
        'ok',
        'name-not-in-dns',
      ]);
      expect(findings.at(-1)?.sentence).toContain('Not in DNS: dl.company.test, bip.company.test.');
      expect(findings[1]?.sentence).toBe('The name xmpp.company.test points to 198.51.100.7 and not to 192.0.2.10.');
    } finally {
      dns.stop();
    }
  });

  it('cannot be asked where no DNS server answers', async () => {
    const dns = await startDns({});
    dns.stop();
    const check = nameCheck([{ name: 'itsm.company.test', addresses: [], needed: true }], lookupBy([dns.address]));
    expect(await codes(check)).toEqual(['dns-unreachable']);
  });
});

describe('the clock', () => {
  it('is compared with the Date of another server, over HTTPS', async () => {
    const make = new CertificateMaker(folder);
    make.authority('root', 'Root');
    const { crt: cert, key } = make.server('clock', ['itsm.company.test'], 'root');
    const server = createHttps({ cert, key }, (_request, reply) => reply.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const other = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, name: 'itsm.company.test' };
    try {
      expect(await codes(clockSkewCheck(other))).toEqual(['ok']);
      const [behind] = await clockSkewCheck(other, () => Date.now() - 3_600_000).run();
      expect(behind).toMatchObject({ code: 'clock-skew', verdict: 'fault' });
      expect(behind?.sentence).toMatch(/differ by (3599|3600|3601) seconds: this one is behind/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(await codes(clockSkewCheck(other))).toEqual(['clock-not-compared']);
  });

  it('cannot be before this version was made', async () => {
    expect(await codes(plausibleClockCheck())).toEqual(['ok']);
    expect(await codes(plausibleClockCheck(() => 0))).toEqual(['clock-impossible']);
  });
});

describe('versions', () => {
  it.each([
    ['20.10.24+dfsg1', '20.10', false],
    ['19.03.15', '20.10', true],
    ['1.29.2', '1.29', false],
    ['1.9.9', '1.29', true],
    ['28.2.2', '20.10', false],
    ['20', '20.10', true],
  ])('%s is older than %s: %s', (version, than, older) => expect(isOlder(version, than)).toBe(older));
});
