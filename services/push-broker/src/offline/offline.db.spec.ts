import { grantBrokerTickets } from '@muster/contracts';
import { eventually, type PushConnection, startNats, TestAuthority, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrokerUnderTest, type Neighbour, neighbour, newStateDir, WebEar } from '../testing/broker-under-test';
import { XmppServer } from '../core/server';
import { TEST_DOMAIN } from '../testing/test-broker';

const DEVICE = '01900000-0000-7000-8000-000000000001';
const OTHER = '01900000-0000-7000-8000-000000000002';

let nats: TestNats;
let authority: TestAuthority;
let broker: BrokerUnderTest;
let web: Neighbour<WebEar>;
const stateDir = newStateDir();

beforeAll(async () => {
  [nats, authority] = await Promise.all([startNats(), TestAuthority.create()]);
  web = await neighbour('web', nats, WebEar);
  broker = await BrokerUnderTest.start(nats, authority, stateDir);
});
afterAll(async () => {
  await broker?.stop();
  await web?.stop();
  await nats?.stop();
});

/** Ids of the messages that come, errors with their condition. */
function messagesOf(client: PushConnection): string[] {
  const ids: string[] = [];
  client.on('stanza', ({ name, attributes, children }) => {
    const error = children.find((child) => child.name === 'error')?.children[0]?.name;
    const delayed = children.some((child) => child.name === 'delay');
    if (name === 'message')
      ids.push([attributes['id'], ...(error ? [error] : []), ...(delayed ? ['delayed'] : [])].join(' '));
  });
  return ids;
}

it('a tool with a ticket writes to a device that is away, and broker and NATS restart before it comes', async () => {
  const tool = await broker.connect('technician');
  const told = messagesOf(tool);
  const write = (id: string, device = DEVICE): void =>
    tool.send(`<message id='${id}' to='${device}@${TEST_DOMAIN}'><body>work</body></message>`);
  write('early');
  await eventually(() => told.includes('early service-unavailable'));

  const asked = { account: 'Technician', deviceIds: [DEVICE.toUpperCase()], seconds: 3600 };
  const { tickets } = await web.bus.request(grantBrokerTickets, asked);
  expect(tickets).toMatchObject([{ deviceId: DEVICE }]);
  for (let id = 1; id <= 5; id++) write(String(id));
  write('other', OTHER);
  // It was the last: what came before has been dealt with.
  await eventually(() => told.includes('other service-unavailable'));
  expect(told).toHaveLength(2);

  await broker.stop();
  await nats.crash();
  await nats.start();
  broker = await BrokerUnderTest.start(nats, authority, stateDir);
  const device = await broker.connect(DEVICE);
  const got = messagesOf(device);
  await eventually(() => got.length >= 5, { within: 20_000 });
  expect(got).toEqual(['1 delayed', '2 delayed', '3 delayed', '4 delayed', '5 delayed']);
  await device.close();

  // They are gone. The ticket is not, until it is withdrawn, which a restart does not undo.
  const again = await broker.connect(DEVICE);
  const more = messagesOf(again);
  const newTool = await broker.connect('technician');
  newTool.send(`<message id='late' to='${DEVICE}@${TEST_DOMAIN}'><body>work</body></message>`);
  await eventually(() => more.length > 0);
  expect(more).toEqual(['late']);
  await Promise.all([again.close(), newTool.close()]);

  const withdrawn = { account: 'technician', deviceIds: [DEVICE], seconds: 0 };
  await eventually(() => web.bus.request(grantBrokerTickets, withdrawn));
  const other = { account: 'script', deviceIds: [DEVICE], seconds: 3600 };
  await web.bus.request(grantBrokerTickets, other);
  // Longer than before, and then for a shorter time.
  for (const seconds of [7200, 1800]) await web.bus.request(grantBrokerTickets, { ...other, seconds });
  await broker.stop();
  broker = await BrokerUnderTest.start(nats, authority, stateDir);
  const { tickets: book } = broker.app.get(XmppServer);
  await eventually(() => book.holds('script', DEVICE), { within: 20_000 });
  expect(book.holds('technician', DEVICE)).toBe(false);
  expect(book.endOf('script', DEVICE)).toBeLessThan(Date.now() + 1_800_000);
}, 60_000);

it('what waits for an acknowledgement when the broker stops is there after its start', async () => {
  await eventually(() => web.bus.request(grantBrokerTickets, { account: 'script', deviceIds: [OTHER], seconds: 60 }));
  const device = await broker.connect(OTHER);
  const answers: string[] = [];
  device.on('stanza', ({ name }) => answers.push(name));
  device.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  await eventually(() => answers.includes('enabled'));
  const first = messagesOf(device);
  const tool = await broker.connect('script');
  // The device reads it, and never says so.
  tool.send(`<message id='unacknowledged' to='${OTHER}@${TEST_DOMAIN}'><body>work</body></message>`);
  await eventually(() => expect(first).toEqual(['unacknowledged']));
  await broker.stop();
  broker = await BrokerUnderTest.start(nats, authority, stateDir);
  const back = await broker.connect(OTHER);
  const second = messagesOf(back);
  await eventually(() => second.length > 0, { within: 20_000 });
  expect(second).toEqual(['unacknowledged delayed']);
  await back.close();
}, 60_000);

it('tickets are taken back, and are for accounts of tools', async () => {
  const grant = (account: string, seconds: number): Promise<object> =>
    web.bus.request(grantBrokerTickets, { account, deviceIds: [DEVICE], seconds });
  await eventually(() => grant('technician', 60));
  const [tool, device] = [await broker.connect('technician'), await broker.connect(DEVICE)];
  const told = messagesOf(tool);
  device.send(`<message id='1' to='${tool.jid}'><body>hello</body></message>`);
  await eventually(() => told.includes('1'));
  expect(await grant('technician', 0)).toEqual({ tickets: [] });
  tool.send(`<message id='2' to='${device.jid}'><body>hello</body></message>`);
  await eventually(() => told.includes('2 service-unavailable'));
  await expect(grant(OTHER, 60)).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(grant('no such@name', 60)).rejects.toMatchObject({ code: 'invalid-input' });
  await Promise.all([tool.close(), device.close()]);
}, 60_000);
