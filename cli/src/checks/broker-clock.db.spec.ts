import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { devicesNotified, presenceChanged } from '@muster/contracts';
import { startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { JetStreams } from '../backup/sources/jet-streams';
import { brokerClockCheck } from './clock';

const ID = '01890000-0000-7000-8000-000000000001';
let nats: TestNats;
let broker: NatsConnection;
let streams: JetStreams;

beforeAll(async () => {
  nats = await startNats({ everything: true });
  const { url, password } = nats.backupCredentials;
  broker = await connect({ servers: url, user: 'everything', pass: password });
  streams = await JetStreams.connect(nats.backupCredentials);
});
afterAll(async () => {
  await streams?.close();
  await broker?.close();
  await nats?.stop();
});
beforeEach(async () => {
  const { streams: made } = await jetstreamManager(broker);
  await made.delete('PRESENCE').catch(() => undefined);
  const subjects = [presenceChanged.subject, devicesNotified.subject];
  await made.add({ name: 'PRESENCE', subjects, storage: StorageType.Memory });
});

/** A broker whose clock is wrong by so many seconds tells something, as many seconds after it came to pass. */
async function tells(skewSeconds: number, afterSeconds = 0): Promise<void> {
  const at = new Date(Date.now() + (skewSeconds - afterSeconds) * 1000).toISOString();
  const changes = [{ deviceId: ID, connected: true, sequence: 1, address: '192.0.2.2', at }];
  const batch = { node: 'broker-1', epoch: 1, changes };
  await broker.request(presenceChanged.subject, JSON.stringify(batch));
  await broker.request(devicesNotified.subject, JSON.stringify({ deviceIds: [ID], at }));
}
const found = () => brokerClockCheck(() => streams.newest('PRESENCE', 20)).run();

it('agrees with that of the XMPP server', async () => {
  expect(await found()).toEqual([]); // no device came or went
  await tells(0);
  await tells(0, 3);
  expect(await found()).toMatchObject([{ verdict: 'ok' }]);
});

it('that is behind that of the XMPP server is named', async () => {
  await tells(90);
  const [fault, ...more] = await found();
  expect(more).toEqual([]);
  expect(fault).toMatchObject({ code: 'clock-skew', verdict: 'fault' });
  expect(fault?.sentence.replace(/\d+/, '90')).toBe(
    'The clock of this server and that of the XMPP server differ by 90 seconds: this one is behind.',
  );
});

it('that is ahead is named once messages of different times say the same', async () => {
  await tells(-90);
  expect(await found()).toEqual([]);
  const earlier = (await streams.newest('PRESENCE', 20)).map(({ at, text }) => ({
    at: new Date(at.getTime() - 60_000),
    text: text.replaceAll(/(?<="at":")[^"]+/g, (instant) => new Date(Date.parse(instant) - 60_000).toISOString()),
  }));
  const both = async () => [...(await streams.newest('PRESENCE', 20)), ...earlier];
  const [fault] = await brokerClockCheck(both).run();
  expect(fault?.sentence).toMatch(/^The clock of this server .+ differ by (89|90|91) seconds: this one is ahead\.$/);
});

it('is not blamed for what had to wait for a link that was down', async () => {
  await tells(0, 300);
  await tells(0, 240);
  expect(await found()).toEqual([]);
  await tells(0);
  await tells(0, 200);
  expect(await found()).toMatchObject([{ verdict: 'ok' }]);
});

it('is left to another check where NATS does not answer, or there is no such stream', async () => {
  const { streams: made } = await jetstreamManager(broker);
  await made.delete('PRESENCE');
  expect(await found()).toEqual([]);
});
