import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { CLIENT_NS } from '../core/namespaces';
import type { Session } from '../core/session';
import { type Child, element } from '../core/xml/element';
import { PING, SIGN_IN } from '../testing/dialogue';
import type { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';

const DEVICE = `laptop@${TEST_DOMAIN}`;
const INACTIVE = `<inactive xmlns='urn:xmpp:csi:0'/>`;
const ACTIVE = `<active xmlns='urn:xmpp:csi:0'/>`;
const COMPOSING = element('composing', 'http://jabber.org/protocol/chatstates');
const NO_STORE = element('no-store', 'urn:xmpp:hints');
const BODY = element('body', CLIENT_NS, {}, 'look');

let broker: TestServer;
let socket: MemorySocket;
let session: Session;
let delivered: string[];

beforeEach(async () => {
  broker = new TestServer({ heldStanzas: 5 });
  socket = broker.accept(DEVICE);
  socket.feed(SIGN_IN);
  await tick();
  session = broker.server.sessions.of(DEVICE)[0] as Session;
  delivered = [];
  socket.output = '';
});

const send = (name: string, id: string, attributes: object, ...children: Child[]): void =>
  session.send(element(name, CLIENT_NS, { id, ...attributes }, ...children), () => delivered.push(id));
const presence = (id: string, from: string): void => send('presence', id, { from });
const message = (id: string, ...children: Child[]): void => send('message', id, {}, ...children);
/** Ids of what came, in order. */
const came = (): string[] =>
  [...socket.output.matchAll(/<(?:message|presence|iq)[^>]* id="([^"]+)"/g)].map(([, id]) => id ?? '');
async function says(text: string): Promise<void> {
  socket.feed(text);
  await tick();
}

it('sends everything at once to a client that said nothing', async () => {
  presence('1', 'a@b');
  message('2', COMPOSING);
  await tick();
  expect(came()).toEqual(['1', '2']);
});

it('keeps presence and messages without content back until the client is active', async () => {
  await says(INACTIVE);
  presence('1', 'a@b');
  message('2', COMPOSING, NO_STORE);
  await tick();
  expect(came()).toEqual([]);
  // In order: what waited comes before the answer to what follows (section 5.1).
  await says(ACTIVE + PING);
  expect(came()).toEqual(['1', '2', 'ping']);
  presence('3', 'a@b');
  expect(came()).toEqual(['1', '2', 'ping', '3']);
});

it('lets what is urgent through at once, after what waited', async () => {
  await says(INACTIVE);
  presence('1', 'a@b');
  message('2', BODY);
  expect(came()).toEqual(['1', '2']);
  // Still inactive.
  presence('3', 'a@b');
  message('4', NO_STORE);
  send('message', '5', { type: 'error' }, COMPOSING);
  send('presence', '6', { type: 'error' });
  send('iq', '7', { type: 'result' });
  expect(came()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

it('wakes an inactive device', async () => {
  await says(INACTIVE);
  broker.wake('laptop');
  expect(socket.output).toContain('<wake');
});

it('keeps the newest presence of each sender', async () => {
  await says(INACTIVE);
  presence('1', 'a@b');
  presence('2', 'c@d');
  presence('3', 'a@b');
  await says(ACTIVE);
  expect(came()).toEqual(['2', '3']);
  expect(delivered).toEqual(['1', '2', '3']);
});

it('keeps no more than it may', async () => {
  await says(INACTIVE);
  for (let i = 1; i <= 14; i++) message(String(i), COMPOSING);
  expect(came()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
});

it('hands what waits to stream management when the connection breaks, and starts anew as active', async () => {
  await says(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
  const id = /<enabled [^>]*id="([^"]+)"/.exec(socket.output)?.[1];
  await says(INACTIVE);
  presence('1', 'a@b');
  socket.cut();
  await tick();
  presence('2', 'c@d');
  const next = broker.accept(DEVICE);
  socket = next;
  await says(SIGN_IN.replace(/<iq .*/, `<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`));
  expect(came()).toEqual(['1', '2']);
  presence('3', 'e@f');
  expect(came()).toEqual(['1', '2', '3']);
});
