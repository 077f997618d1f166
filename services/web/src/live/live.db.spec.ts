import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ListensTo } from '@muster/bus';
import {
  EDGE_HEADERS,
  DEFAULT_ORGANISATION_ID,
  identityRevoked,
  LIVE_PATH,
  liveFannedOut,
  LogsFollowed,
  logsFollowed,
  type LiveMessage,
  parse,
  LiveMessage as Message,
  type Revocation,
  SESSION_COOKIE,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Fleet, report, type TestDevice } from '../testing/fleet';
import { EDGE_SECRET, WebUnderTest } from '../testing/web-under-test';
import { LiveEvents } from './live-events';

/** Hears whose logs are followed. */
@Injectable()
class LogKeeper {
  readonly leases: LogsFollowed[] = [];

  @ListensTo(logsFollowed)
  followed(lease: LogsFollowed): void {
    this.leases.push(lease);
  }
}

const ORIGIN = 'https://itsm.muster.localhost';

let web: WebUnderTest;
let first: NestFastifyApplication;
let second: NestFastifyApplication;
let fleet: Fleet;
let keyManager: ServiceDouble;
let rmmLogs: ServiceDouble;
let leases: LogsFollowed[];
let stranger: string;
const open: WebSocket[] = [];

beforeAll(async () => {
  web = await WebUnderTest.start();
  fleet = new Fleet(web);
  first = await web.startWeb('all', { WEB_SWEEP_SECONDS: '3600' });
  stranger = await fleet.organisation();
  web.keyManager.people.set('stranger', { role: 'owner', organisationId: stranger });
  second = await web.startWeb('all', { WEB_SWEEP_SECONDS: '3600' });
  for (const app of [first, second]) await app.listen(0, '127.0.0.1');
  keyManager = await startDouble('key-manager', web.nats);
  rmmLogs = await startDouble('rmm-logs', web.nats, [LogKeeper]);
  leases = rmmLogs.get(LogKeeper).leases;
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});
afterAll(async () => {
  await keyManager?.stop();
  await rmmLogs?.stop();
  await web?.stop();
});

interface Console {
  socket: WebSocket;
  messages: LiveMessage[];
  of(type: LiveMessage['type'], id?: string): LiveMessage[];
  closed: Promise<number>;
}

function dial(app: NestFastifyApplication, as: string, origin = ORIGIN): WebSocket {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${LIVE_PATH}`, {
    headers: {
      [EDGE_HEADERS.secret]: EDGE_SECRET,
      [EDGE_HEADERS.address]: '198.51.100.7',
      cookie: `${SESSION_COOKIE}=${as}`,
      origin,
    },
  });
  socket.on('error', () => undefined);
  open.push(socket);
  return socket;
}

async function connect(app: NestFastifyApplication, as: string): Promise<Console> {
  const socket = dial(app, as);
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(parse(Message, JSON.parse(String(data)), { unknown: 'refuse' })));
  const closed = once(socket, 'close').then(([code]) => Number(code));
  await eventually(() => messages.some((message) => message.type === 'hello'));
  const of = (type: LiveMessage['type'], id?: string) =>
    messages.filter((message) => message.type === type && (id === undefined || message.id === id));
  return { socket, messages, of, closed };
}

/** Everything said before this has arrived once a message of one's own has. */
async function settled(consoles: Console[]): Promise<void> {
  const markers = [await fleet.deviceRow(), await fleet.deviceRow(stranger)];
  first.get(LiveEvents, { strict: false }).deviceChanged(DEFAULT_ORGANISATION_ID, markers.slice(0, 1));
  first.get(LiveEvents, { strict: false }).deviceChanged(stranger, markers.slice(1));
  await eventually(() =>
    consoles.every((one) => one.of('device.changed').some(({ id }) => id !== undefined && markers.includes(id))),
  );
}

/** Output and logs come from the service that keeps them. */
const appended = (id: string, number: number, text = 'line') =>
  rmmLogs.bus.publish(liveFannedOut, {
    organisationId: DEFAULT_ORGANISATION_ID,
    permission: 'operations.read',
    message: { type: 'output.appended', id, pieces: [{ number, stream: 'stdout', text }] },
  });
const logged = (deviceId: string, message = 'started') =>
  rmmLogs.bus.publish(liveFannedOut, {
    organisationId: DEFAULT_ORGANISATION_ID,
    permission: 'monitoring.read',
    message: {
      type: 'logs.appended',
      id: deviceId,
      entries: [{ id: newId(), deviceId, at: new Date().toISOString(), level: 'info', message }],
    },
  });
const watch = (one: Console, what: object) => one.socket.send(JSON.stringify(what));

const revoke = (fields: Pick<Revocation, 'kind' | 'id'>) =>
  keyManager.bus.publish(identityRevoked, {
    sequence: 1,
    organisationId: stranger,
    at: new Date().toISOString(),
    ...fields,
  });

describe('who may connect', () => {
  it.each([
    ['nobody', 'nobody', ORIGIN, 401],
    ["another site's page", 'owner', 'https://evil.example', 403],
  ])('not %s', async (_who, as, origin, status) => {
    const socket = dial(first, as, origin);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
  });
});

describe('what a console hears', () => {
  let device: TestDevice;
  let procedureId: string;
  beforeAll(async () => {
    device = await fleet.device();
    procedureId = await fleet.procedure(first);
  });

  it('what happens in its organisation, on whichever instance, with the newest state', async () => {
    const [here, there, other] = await Promise.all([
      connect(first, 'owner'),
      connect(second, 'reader'),
      connect(second, 'stranger'),
    ]);
    const [operation = ''] = (await fleet.run(first, procedureId, [device])).operationIds;
    await fleet.sync(second, device, { reports: [report(operation, 'completed', { exitCode: 4 })] });
    for (const one of [here, there]) {
      await eventually(() =>
        one.of('operation.changed', operation).some((message) => message.operation?.state === 'ERROR'),
      );
      await eventually(() => one.of('device.changed', device.id).some((message) => message.device?.attention === true));
    }
    await settled([here, there, other]);
    expect(other.of('operation.changed')).toEqual([]);
    expect(other.of('device.changed', device.id)).toEqual([]);
  });

  it('only what its permissions allow', async () => {
    const organisationId = device.organisationId;
    web.keyManager.people.set('half', { role: 'read-only', organisationId, permissions: ['devices.read'] });
    const [half, whole] = [await connect(first, 'half'), await connect(first, 'reader')];
    const [operation = ''] = (await fleet.run(first, procedureId, [device])).operationIds;
    await eventually(() => whole.of('operation.changed', operation).length > 0);
    await settled([half, whole]);
    expect(half.of('operation.changed')).toEqual([]);
  });

  it('output of the operations that it watches, and no other', async () => {
    const [watching, idle, other] = await Promise.all([
      connect(first, 'reader'),
      connect(second, 'reader'),
      connect(second, 'stranger'),
    ]);
    const [operation = ''] = (await fleet.run(first, procedureId, [device])).operationIds;
    for (const one of [watching, other]) watch(one, { type: 'watch-output', operationIds: [operation] });
    await eventually(async () => {
      await appended(operation, 0);
      await appended(newId(), 0);
      return watching.of('output.appended', operation).length > 0;
    });
    await settled([watching, idle, other]);
    expect(watching.of('output.appended').every(({ id }) => id === operation)).toBe(true);
    expect(idle.of('output.appended')).toEqual([]);
    expect(other.of('output.appended')).toEqual([]);
  });

  it('logs of the devices that it watches, beside the output that it watches', async () => {
    web.keyManager.people.set('no logs', {
      role: 'read-only',
      organisationId: DEFAULT_ORGANISATION_ID,
      permissions: ['devices.read', 'operations.read'],
    });
    const [both, idle, mayNot] = await Promise.all([
      connect(first, 'reader'),
      connect(second, 'reader'),
      connect(second, 'no logs'),
    ]);
    const operation = newId();
    watch(both, { type: 'watch-output', operationIds: [operation] });
    for (const one of [both, mayNot]) watch(one, { type: 'watch-logs', deviceIds: [device.id] });
    await eventually(async () => {
      await logged(device.id);
      await appended(operation, 0);
      return both.of('logs.appended', device.id).length > 0 && both.of('output.appended', operation).length > 0;
    });
    expect(both.of('logs.appended')[0]?.entries?.[0]).toMatchObject({ deviceId: device.id, message: 'started' });
    watch(both, { type: 'watch-logs', deviceIds: [] });
    // The other list stays as it was.
    await eventually(async () => {
      const [logs, outputs] = [both.of('logs.appended').length, both.of('output.appended').length];
      await logged(device.id);
      await appended(operation, 1);
      await eventually(() => both.of('output.appended').length > outputs);
      return both.of('logs.appended').length === logs;
    });
    await settled([both, idle, mayNot]);
    expect(idle.of('logs.appended')).toEqual([]);
    expect(mayNot.of('logs.appended')).toEqual([]);
  });

  it('logs that the service which keeps them was told of at once, and of no others', async () => {
    web.keyManager.people.set('no logs', {
      role: 'technician',
      organisationId: DEFAULT_ORGANISATION_ID,
      permissions: ['devices.read', 'operations.read'],
    });
    const [one, mayNot] = await Promise.all([connect(first, 'reader'), connect(second, 'no logs')]);
    const [hidden, ...devices] = [newId(), newId(), newId()];
    leases.length = 0;
    watch(mayNot, { type: 'watch-logs', deviceIds: [hidden] });
    await settled([one, mayNot]);
    watch(one, { type: 'watch-logs', deviceIds: devices });
    await eventually(() => leases.length > 0);
    watch(one, { type: 'watch-logs', deviceIds: [] });
    watch(one, { type: 'watch-output', operationIds: [newId()] });
    await settled([one, mayNot]);
    expect(leases).toEqual([{ organisationId: DEFAULT_ORGANISATION_ID, deviceIds: devices, seconds: 60 }]);
  });

  it('one message for many changes, and a word to look again for very many', async () => {
    const one = await connect(first, 'owner');
    const live = first.get(LiveEvents, { strict: false });
    // What earlier tests changed may still be collected on either instance.
    await Promise.all([first, second].map((instance) => instance.get(LiveEvents, { strict: false }).flush()));
    await settled([one]);
    const before = one.of('device.changed', device.id).length;
    for (let times = 0; times < 50; times += 1) live.deviceChanged(device.organisationId, [device.id]);
    await settled([one]);
    expect(one.of('device.changed', device.id)).toHaveLength(before + 1);
    const many = await fleet.deviceRows(400);
    const hellos = one.of('hello').length;
    live.deviceChanged(device.organisationId, many);
    await eventually(() => one.of('hello').length > hellos);
    expect(one.of('device.changed').filter(({ id }) => id !== undefined && many.includes(id))).toEqual([]);
  });
});

describe('a flood of changes', () => {
  it('has a console fetch its screen at most once a second, and once more after the last change', async () => {
    const started = performance.now();
    const [one, other] = [await connect(first, 'owner'), await connect(second, 'owner')];
    const say = () =>
      rmmLogs.bus.publish(liveFannedOut, {
        organisationId: DEFAULT_ORGANISATION_ID,
        permission: 'devices.read',
        message: { type: 'hello' },
      });
    for (let times = 0; times < 200; times += 1) await say();
    await settled([one, other]);
    const before = one.of('hello').length;
    await say();
    await eventually(() => one.of('hello').length > before);
    await settled([one, other]);
    const seconds = (performance.now() - started) / 1000;
    // The one at the beginning of the connection counts, too.
    for (const { of } of [one, other]) expect(of('hello').length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });
});

describe('when it ends', () => {
  it('tells a signed-out console within a second, on every instance', async () => {
    web.keyManager.people.set('leaver', { role: 'read-only', organisationId: stranger });
    const consoles = await Promise.all([connect(first, 'leaver'), connect(second, 'leaver')]);
    const bystander = await connect(first, 'owner');
    const { credentialId } = await web.keyManager.verify({ kind: 'session', credential: 'leaver', address: '' });
    web.keyManager.people.delete('leaver');
    const started = performance.now();
    await revoke({ kind: 'session', id: credentialId });
    for (const one of consoles) {
      expect(await one.closed).toBe(4001);
      expect(one.of('signed-out')).toHaveLength(1);
    }
    expect(performance.now() - started).toBeLessThan(1000);
    expect(bystander.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('looks again at who somebody is when their rights change', async () => {
    web.keyManager.people.set('mover', { role: 'read-only', organisationId: stranger });
    const one = await connect(first, 'mover');
    const { userId } = await web.keyManager.verify({ kind: 'session', credential: 'mover', address: '' });
    await revoke({ kind: 'user', id: userId });
    await settled([one]);
    web.keyManager.people.delete('mover');
    await revoke({ kind: 'user', id: userId });
    expect(await one.closed).toBe(4001);
  });

  it.each([
    'not JSON',
    '{"type":"watch-output"}',
    '{"type":"watch-output","operationIds":["x"]}',
    '{"type":"watch-output","deviceIds":[]}',
    '{"type":"watch-logs","operationIds":[]}',
    '{"type":"watch-logs","operationIds":[],"deviceIds":[]}',
    '[]',
  ])('closes what sends %s', async (text) => {
    const one = await connect(first, 'owner');
    one.socket.send(text);
    expect(await one.closed).toBe(1008);
  });

  it('closes what sends too much', async () => {
    const [large, many] = [await connect(first, 'owner'), await connect(first, 'owner')];
    large.socket.send('x'.repeat(20_000));
    expect(await large.closed).toBe(1009);
    for (let times = 0; times < 150; times += 1) many.socket.send('{"type":"watch-output","operationIds":[]}');
    expect(await many.closed).toBe(1008);
  });

  it('lets go of a console that does not keep up, instead of keeping its messages', async () => {
    const [slow, quick] = [await connect(first, 'owner'), await connect(first, 'owner')];
    const operation = newId();
    for (const one of [slow, quick]) watch(one, { type: 'watch-output', operationIds: [operation] });
    const say = (number: number) => appended(operation, number, 'x'.repeat(60_000));
    await eventually(async () => {
      await say(0);
      return slow.of('output.appended').length > 0 && quick.of('output.appended').length > 0;
    });
    slow.socket.pause();
    const most = 600;
    for (let number = 1; number <= most; number += 1) {
      await say(number);
      if (number % 20 === 0) await eventually(() => quick.of('output.appended').length >= number);
    }
    slow.socket.resume();
    await slow.closed;
    expect(slow.of('output.appended').length).toBeLessThan(most);
    expect(quick.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('does not keep a stopping server from stopping', async () => {
    const third = await web.startWeb('manager');
    await third.listen(0, '127.0.0.1');
    const one = await connect(third, 'owner');
    await third.getHttpAdapter().getInstance().close();
    expect(await one.closed).toBe(1001);
  });
});
