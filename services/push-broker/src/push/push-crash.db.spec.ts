import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DirectoryDouble,
  eventually,
  freePort,
  type PushConnection,
  startNats,
  TestAuthority,
  type TestNats,
} from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { brokerEnvironment, connectDevice, type Neighbour, neighbour, newStateDir } from '../testing/broker-under-test';
import { BrokerProcess } from './testing/broker-process';
import { NatsGate } from './testing/nats-gate';
import { callPush, type PushCallAnswer } from './testing/push-call';
import { sha256 } from './testing/push-under-test';

const PRESENT = '01900000-0000-7000-8000-00000000000a';
const ABSENT = '01900000-0000-7000-8000-00000000000b';
const ORGANISATION = '01900000-0000-7000-8000-0000000000ff';
const KEY = 'helpdesk-key-of-the-tests';
const WORK = { to: [PRESENT, ABSENT], message: { type: 'chat', body: 'work' } };

let nats: TestNats;
let authority: TestAuthority;
let web: Neighbour<DirectoryDouble>;
let broker: BrokerProcess;
let folder: string;
let gate: NatsGate;
let ports: { xmpp: number; push: number };
const devices: PushConnection[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-push-crash-'));
  const keys = [{ name: 'helpdesk', sha256: sha256(KEY), targets: ['*'] }];
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys }));
  broker = BrokerProcess.make();
  [nats, authority] = await Promise.all([startNats(), TestAuthority.create()]);
  web = await neighbour('web', nats, DirectoryDouble);
  for (const id of [PRESENT, ABSENT]) web.part.homes.set(id, ORGANISATION);
}, 120_000);
afterAll(async () => {
  await broker?.remove();
  await web?.stop();
  await nats?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  gate = await NatsGate.inFrontOf(nats.url);
  ports = { xmpp: await freePort(), push: await freePort() };
});
afterEach(async () => {
  for (const device of devices.splice(0)) device.drop();
  await broker.kill();
  await gate.stop();
});

async function start(natsUrl: string): Promise<void> {
  const credentials = { ...nats.credentials('push-broker'), url: natsUrl };
  broker.start({
    ...(await brokerEnvironment(credentials, authority, newStateDir())),
    XMPP_PORT: String(ports.xmpp),
    PUSH_HOST: '127.0.0.1',
    PUSH_PORT: String(ports.push),
    PUSH_KEYS_FILE: join(folder, 'keys.json'),
  });
  // Once it takes messages for who is not there, too.
  await eventually(
    async () => {
      const probe = { to: [ABSENT], message: { type: 'headline', body: 'probe' } };
      expect((await push(probe)).status, broker.output).toBe(200);
      return true;
    },
    { within: 40_000, every: 200 },
  );
}

const push = (body: object, key?: string): Promise<PushCallAnswer> =>
  callPush({
    ...{ port: ports.push, ca: authority.rootPem, key: KEY, body },
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });

/** A device that is there, and the ids of the messages that it gets. */
async function device(id: string): Promise<string[]> {
  const ids: string[] = [];
  const connection = await connectDevice(authority, ports.xmpp, id);
  connection.on('stanza', ({ name, attributes }) => {
    if (name === 'message') ids.push(attributes['id'] ?? '');
  });
  devices.push(connection);
  return ids;
}

/** The broker is killed when the push is done and its answer is about to be kept. @returns the id of the message */
async function killedBeforeTheAnswer(key: string): Promise<string> {
  await start(gate.url);
  const present = await device(PRESENT);
  const done = gate.closeBefore('"reply":');
  const interrupted = push(WORK, key).then(
    () => 'answered',
    () => 'interrupted',
  );
  await done;
  await eventually(() => present.length === 1);
  await broker.kill();
  expect(await interrupted).toBe('interrupted');
  return present[0] ?? '';
}

it('what was done when the broker was killed is known when it is asked for again', { timeout: 120_000 }, async () => {
  const id = await killedBeforeTheAnswer('first');
  await start(nats.url);
  const again = await push(WORK, 'first');
  // Of the present one it is not known whether it has it; of the absent one it is.
  expect(again).toMatchObject({ status: 200, replayed: false, body: { id, stored: 2 } });
  expect(await push(WORK, 'first')).toEqual({ ...again, replayed: true });
  expect(await push({ ...WORK, to: [ABSENT] }, 'first')).toMatchObject({ status: 422 });
  const [present, absent] = [await device(PRESENT), await device(ABSENT)];
  await eventually(() => present.length > 0 && absent.length > 0);
  expect([await push(WORK, 'second'), present.at(-1) === id]).toMatchObject([{ body: { delivered: 2 } }, false]);
  await eventually(() => present.length === 2 && absent.length === 2);
  expect([present[0], absent[0]]).toEqual([id, id]);
});

it('nor does it come again to who had it from the store meanwhile', { timeout: 120_000 }, async () => {
  const id = await killedBeforeTheAnswer('third');
  await start(nats.url);
  const [present, absent] = [await device(PRESENT), await device(ABSENT)];
  await eventually(() => absent.length === 1);
  // The one that was there gets it once more, under its old id.
  expect(await push(WORK, 'third')).toMatchObject({ body: { id, delivered: 1, stored: 1 } });
  await eventually(() => present.length === 1);
  // What is sent to both now comes behind whatever the repetition brought.
  await push(WORK, 'fourth');
  await eventually(() => present.length === 2 && absent.length === 2);
  expect([present[0], absent[0]]).toEqual([id, id]);
});
