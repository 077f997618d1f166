import { createRegistrationKey, listDevices } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { until } from './harness/commands';
import { type Diagnosis, doctor, doctorDevice } from './harness/doctor';
import type { Machine } from './harness/machine';
import { runOn, untilPresence } from './harness/procedures';
import { asAdmin, itsm, machine, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

/** Devices known to this file, by the name of their machine. */
const devices = new Map<string, { machine: Machine; id: string }>();
let admin: Api;
let line: string;
beforeAll(async () => {
  await startFrom({ version: 'any' });
  admin = await asAdmin();
  const key = await admin.call(createRegistrationKey, { body: { name: 'machines' } });
  const found = key.installLines?.find(({ platform, purpose }) => platform === 'linux' && purpose === 'install');
  if (!found) throw new Error('the key has no line to install');
  line = found.line;
}, 600_000);
afterAll(() => devices.forEach((device) => device.machine.stop()));

function device(host = 'machine-1'): string {
  const id = devices.get(host)?.id;
  if (!id) throw new Error(`${host} is not enrolled`);
  return id;
}

/** Until doctor names them all, since servers notice what is cut only after a while. */
async function untilNamed(codes: readonly string[], ask: () => Promise<Diagnosis>): Promise<Diagnosis> {
  let last: Diagnosis | undefined;
  await until(`doctor names ${codes.join(' and ')}`, async () => {
    last = await ask();
    const named = [...last.faults, ...last.warnings];
    if (codes.every((code) => named.includes(code))) return true;
    throw new Error(last.words);
  });
  if (!last) throw new Error('doctor was not asked');
  return last;
}

describe('devices that reach 443 of each server and nothing else', () => {
  it.each(['machine-1', 'machine-2'])('%s is enrolled by the installer’s line and turns green', async (host) => {
    const one = machine(host);
    await one.start();
    devices.set(host, { machine: one, id: '' });
    for (const [server, port, reached] of [
      ['itsm', 443, true],
      ['xmpp', 443, true],
      ['itsm', 80, false],
      ['xmpp', 5222, false],
      ['xmpp', 8080, false],
    ] as const) {
      expect({ server, port, reached: await one.reaches(topology.address(server), port) }).toEqual({
        server,
        port,
        reached,
      });
    }
    const pasted = await one.paste(line);
    expect(pasted).toMatchObject({ code: 0, stderr: '' });
    expect(pasted.stdout).toContain('The agent is installed and runs.');
    const { deviceId } = JSON.parse(one.read('/var/lib/muster-agent/identity.json')) as { deviceId: string };
    devices.set(host, { machine: one, id: deviceId });
    await untilPresence(admin, deviceId, ['online']);
  });

  it('are two, with the names of their machines', async () => {
    const found = (await admin.call(listDevices)).devices.map(({ name, id }) => [name, id]);
    expect(found.sort()).toEqual([...devices].map(([name, { id }]) => [name, id]));
  });

  it('are no fault to doctor on either server, though a firewall keeps the ITSM server from the other', async () => {
    const [here, there] = await Promise.all([doctor(itsm), doctor(xmpp)]);
    // No backup has been made yet, and nobody but devices and browsers needs a way to TURN.
    expect(here).toMatchObject({ exitCode: 0, faults: [], warnings: ['backup-missing', 'turn-out-of-sight'] });
    expect(here.words).toContain('2 devices are connected to the XMPP server; this server does not reach it');
    expect(there).toMatchObject({ exitCode: 0, faults: [], warnings: [] });
    expect(await doctorDevice(itsm, 'machine-1')).toMatchObject({ exitCode: 0, faults: [], warnings: [] });
  });

  it('run a procedure, whose output can be read', async () => {
    const { operation, output } = await runOn(admin, device(), 'echo "on $(hostname)"; echo as $(id -u) >&2; exit 3');
    expect(operation).toMatchObject({ state: 'ERROR', exitCode: 3 });
    expect(output).toContain('on machine-1');
    expect(output).toContain('as 0');
  });

  it('stay reachable while the XMPP server is down, and are green when it is up again', async () => {
    await xmpp.compose('stop');
    await untilPresence(admin, device(), ['polling', 'unknown', 'offline']);
    expect((await runOn(admin, device(), 'echo by polling')).output).toBe('by polling\n');
    const { exitCode, faults, warnings } = await untilNamed(['broker-silent', 'leaf-link-down'], () => doctor(itsm));
    expect({ exitCode, faults }).toEqual({ exitCode: 1, faults: ['broker-silent', 'leaf-link-down'] });
    expect(warnings).toContain('xmpp-out-of-sight');
    expect((await doctor(xmpp)).faults).toEqual(expect.arrayContaining(['stack-absent', 'xmpp-unreachable']));
    const told = await untilNamed(['device-without-broker'], () => doctorDevice(itsm, 'machine-1'));
    expect(told.words).toContain('warning: machine-1 asks regularly');
    await xmpp.compose('start');
    await until('the XMPP server is well', async () => (await xmpp.unwell()).length === 0, 120);
    for (const { id } of devices.values()) await untilPresence(admin, id, ['online']);
    expect((await runOn(admin, device(), 'echo by push again')).output).toBe('by push again\n');
  });

  it('and their history are there after the ITSM server was taken down and up', async () => {
    const before = await runOn(admin, device(), 'echo before');
    await itsm.compose('down');
    expect((await itsm.containers()).size).toBe(0);
    await itsm.compose('up', '--detach');
    await until('the ITSM server is well', async () => (await itsm.unwell()).length === 0, 120);
    for (const { id } of devices.values()) await untilPresence(admin, id, ['online']);
    const again = await runOn(admin, device('machine-2'), 'echo after');
    expect(again.output).toBe('after\n');
    expect(again.operation.deviceId).toBe(device('machine-2'));
    const { id } = before.operation;
    expect((await runOn(admin, device(), `echo ${id}`)).output).toBe(`${id}\n`);
  });

  it('are served without the link between the servers, and green when it is mended', async () => {
    await topology.cut('itsm', 'xmpp');
    try {
      await untilPresence(admin, device(), ['polling', 'unknown', 'offline']);
      // All at once: the longer the link is cut, the longer its connections take to come back.
      const [work, here, there] = await Promise.all([
        runOn(admin, device(), 'echo without link'),
        untilNamed(['broker-silent'], () => doctor(itsm)),
        doctor(xmpp),
        untilNamed(['device-without-broker'], () => doctorDevice(itsm, 'machine-1')),
      ]);
      expect(work.output).toBe('without link\n');
      expect(here.exitCode).toBe(1);
      expect(there.exitCode).toBe(1);
      expect(there.faults).toContain('edge-unreachable');
    } finally {
      await topology.mend('itsm', 'xmpp');
    }
    for (const { id } of devices.values()) await untilPresence(admin, id, ['online']);
    expect((await runOn(admin, device(), 'echo with link')).output).toBe('with link\n');
    for (const server of [itsm, xmpp]) {
      await until('doctor finds no fault any more', async () => {
        const { exitCode, words } = await doctor(server);
        if (exitCode !== 0) throw new Error(words);
        return true;
      });
    }
  });
});
