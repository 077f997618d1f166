import { createRegistrationKey, listDevices } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { timed, until } from './harness/commands';
import { type Diagnosis, doctor, doctorDevice } from './harness/doctor';
import { undocumented } from './harness/documented';
import type { Machine } from './harness/machine';
import { runOn, untilPresence } from './harness/procedures';
import type { Server } from './harness/server';
import { asAdmin, itsm, machine, topology, xmpp } from './harness/servers';
import { isWell, startFrom } from './harness/starting-point';

const HOSTS = ['machine-1', 'machine-2'];
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

/** Until doctor says what it should, since servers notice what is cut only after a while. */
async function untilSaid(what: string, ask: () => Promise<Diagnosis>, is: (said: Diagnosis) => boolean) {
  let last: Diagnosis | undefined;
  await until(`doctor names ${what}`, async () => {
    last = await ask();
    if (!is(last)) throw new Error(last.words);
    return true;
  });
  return plausible(last);
}
/** Exactly these faults, in the order of the alphabet, and whatever warnings. @param besides faults that may be found too */
const untilFaults = (
  faults: readonly string[],
  ask: () => Promise<Diagnosis>,
  besides: readonly string[] = [],
): Promise<Diagnosis> =>
  untilSaid(
    faults.join(' and ') || 'no fault',
    ask,
    (said) => said.faults.filter((code) => !besides.includes(code)).join() === faults.join(),
  );
const untilWarned = (code: string, ask: () => Promise<Diagnosis>): Promise<Diagnosis> =>
  untilSaid(code, ask, ({ warnings }) => warnings.includes(code));

/** Its exit code is that of its findings, and doctor’s page has an entry for each warning. */
function plausible(said?: Diagnosis): Diagnosis {
  if (!said) throw new Error('doctor was not asked');
  expect(said.exitCode, said.words).toBe(said.faults.length > 0 ? 1 : 0);
  expect(undocumented(said.warnings)).toEqual([]);
  return said;
}

/** Of all devices: each is woken, and not only by its own asking. */
async function untilGreen(since: string): Promise<void> {
  const online = [...devices].map(([host, { id }]) =>
    timed(`${host} is online ${since}`, untilPresence(admin, id, ['online'])),
  );
  await Promise.all(online);
}

const untilWell = (server: Server): Promise<void> =>
  timed(
    `the ${server.engine.place} server is well`,
    until('it is well', async () => isWell(server), 120),
  );

describe('devices that reach 443 of each server and nothing else', () => {
  it('are enrolled by the installer’s line, two at once, and turn green', async () => {
    await Promise.all(HOSTS.map((host) => enrol(host)));
  });

  async function enrol(host: string): Promise<void> {
    const one = machine(host);
    devices.set(host, { machine: one, id: '' });
    await one.start();
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
  }

  it('are two, with the names of their machines', async () => {
    const found = (await admin.call(listDevices)).devices.map(({ name, id }) => [name, id]);
    expect(found.sort()).toEqual([...devices].map(([name, { id }]) => [name, id]));
  });

  it('are no fault to doctor on either server, though a firewall keeps the ITSM server from the other', async () => {
    const [here, there, device] = await Promise.all([doctor(itsm), doctor(xmpp), doctorDevice(itsm, 'machine-1')]);
    for (const said of [here, there, device]) expect(plausible(said).faults, said.words).toEqual([]);
    // No backup has been made yet, and nobody but devices and browsers needs a way to TURN.
    expect(here.warnings).toEqual(expect.arrayContaining(['backup-missing', 'turn-out-of-sight']));
    expect(here.words).toContain('2 devices are connected to the XMPP server; this server does not reach it');
  });

  it('run a procedure, whose output can be read', async () => {
    const { operation, output } = await runOn(admin, device(), 'echo "on $(hostname)"; echo as $(id -u) >&2; exit 3');
    expect(operation).toMatchObject({ state: 'ERROR', exitCode: 3 });
    expect(output).toContain('on machine-1');
    expect(output).toContain('as 0');
  });

  it('stay reachable while the XMPP server is down, and are green when it is up again', async () => {
    await timed('the XMPP server is down', xmpp.compose('stop'));
    await timed('the device counts as away', untilPresence(admin, device(), ['polling', 'unknown', 'offline']));
    // All at once: the longer nobody answers devices, the longer they wait before they try again.
    const [work, here, there, told] = await Promise.all([
      timed('the device has asked for its work', runOn(admin, device(), 'echo by polling')),
      timed(
        'doctor names it there',
        untilFaults(['broker-silent', 'leaf-link-down'], () => doctor(itsm)),
      ),
      timed('doctor names it here', doctor(xmpp)),
      timed(
        'doctor names it for the device',
        untilWarned('device-without-broker', () => doctorDevice(itsm, 'machine-1')),
      ),
    ]);
    expect(work.output).toBe('by polling\n');
    expect(here.warnings).toContain('xmpp-out-of-sight');
    expect(there.faults).toEqual(expect.arrayContaining(['stack-absent', 'xmpp-unreachable']));
    expect(told.words).toContain('warning: machine-1 asks regularly');
    await timed('the XMPP server is up', xmpp.compose('start'));
    await untilWell(xmpp);
    await untilGreen('after the XMPP server was down');
    expect((await runOn(admin, device(), 'echo by push again')).output).toBe('by push again\n');
  });

  it('and their history are there after the ITSM server was taken down and up', async () => {
    const before = await runOn(admin, device(), 'echo before');
    await timed('the ITSM server is down', itsm.compose('down'));
    expect((await itsm.containers()).size).toBe(0);
    await timed('the ITSM server is up', itsm.compose('up', '--detach'));
    await untilWell(itsm);
    await untilGreen('after the ITSM server was down');
    const again = await runOn(admin, device('machine-2'), 'echo after');
    expect(again.output).toBe('after\n');
    expect(again.operation.deviceId).toBe(device('machine-2'));
    const { id } = before.operation;
    expect((await runOn(admin, device(), `echo ${id}`)).output).toBe(`${id}\n`);
  });

  it('are served without the link between the servers, and green when it is mended', async () => {
    await topology.cut('itsm', 'xmpp');
    try {
      await timed('the device counts as away', untilPresence(admin, device(), ['polling', 'unknown', 'offline']));
      // A NATS of before 2.10 does not notice it on this side: what it sends itself puts off its pings (nats-server #3682).
      const [work] = await Promise.all([
        timed('the device has asked for its work', runOn(admin, device(), 'echo without link')),
        timed(
          'doctor names it on the ITSM server',
          untilFaults(['broker-silent'], () => doctor(itsm), ['leaf-link-down']),
        ),
        timed(
          'doctor names it on the XMPP server',
          untilFaults(['edge-unreachable', 'leaf-link-down'], () => doctor(xmpp)),
        ),
        timed(
          'doctor names it for the device',
          untilWarned('device-without-broker', () => doctorDevice(itsm, 'machine-1')),
        ),
      ]);
      expect(work.output).toBe('without link\n');
    } finally {
      await topology.mend('itsm', 'xmpp');
    }
    // NATS dials each second and waits for two, so that a minute is for machines far slower than a server.
    for (const host of devices.keys())
      await timed(`${host} is online after the link was mended`, untilPresence(admin, device(host), ['online'], 60));
    expect((await runOn(admin, device(), 'echo with link')).output).toBe('with link\n');
    await Promise.all([itsm, xmpp].map((server) => untilFaults([], () => doctor(server))));
  });
});
