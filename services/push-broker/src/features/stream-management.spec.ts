import { setImmediate as tick, setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@muster/testing';
import { expect, it } from 'vitest';
import { CLIENT_NS } from '../core/namespaces';
import { element } from '../core/xml/element';
import { AUTH, HEADER, SIGN_IN } from '../testing/dialogue';
import { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';

const DEVICE = `laptop@${TEST_DOMAIN}`;
const BODY = 'x'.repeat(5000);

/** A peer that reads when it is told to. */
class SlowSocket extends MemorySocket {
  #done: (() => void) | undefined;

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    super._write(chunk, encoding, () => (this.#done = done));
  }
  /** @returns whether there was something to read */
  readSome(): boolean {
    const done = this.#done;
    this.#done = undefined;
    done?.();
    return done !== undefined;
  }
}

function accept(broker: TestServer, socket: MemorySocket): void {
  const certificate = { sha256: 'f'.repeat(64), xmppAddresses: [DEVICE], expiresAt: Number.POSITIVE_INFINITY };
  broker.server.accept(socket, { address: '192.0.2.1', certificate });
}

async function managed(broker: TestServer, socket: MemorySocket): Promise<string> {
  accept(broker, socket);
  socket.feed(`${SIGN_IN}<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
  await tick();
  return /<enabled [^>]*id="([^"]+)"/.exec(socket.output)?.[1] ?? '';
}

const send = (broker: TestServer, id: number): void =>
  broker.server.sessions
    .of(DEVICE)[0]
    ?.send(element('message', CLIENT_NS, { id: String(id) }, element('body', CLIENT_NS, {}, BODY)));
const came = ({ output }: MemorySocket): string[] =>
  [...output.matchAll(/<message id="(\d+)"/g)].map(([, id]) => id ?? '');
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

it('writes a long queue as fast as the returning peer reads it, which is never cut off for it', async () => {
  const broker = new TestServer({ outputBytes: 60_000 });
  const first = new MemorySocket();
  const id = await managed(broker, first);
  first.cut();
  await tick();
  for (let i = 0; i < 80; i++) send(broker, i);

  const slow = new SlowSocket();
  accept(broker, slow);
  slow.feed(`${HEADER}${AUTH}${HEADER}<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
  await tick();
  expect(came(slow).length).toBeLessThan(20);
  // What is sent meanwhile takes its place behind.
  send(broker, 80);
  let largest = 0;
  while (slow.readSome()) {
    largest = Math.max(largest, slow.writableLength);
    await tick();
  }
  expect(came(slow)).toEqual(numbers(81));
  expect(largest).toBeLessThan(60_000);
  expect(slow.output).not.toContain('<stream:error');
});

it('ends a session for which too much waits, by number and by size', async () => {
  for (const limit of [{ queueLength: 3 }, { queueBytes: 17_000 }]) {
    const broker = new TestServer(limit);
    const socket = new MemorySocket();
    await managed(broker, socket);
    for (let i = 0; i < 3; i++) send(broker, i);
    expect(broker.server.sessions.count).toBe(1);
    send(broker, 3);
    expect(broker.server.sessions.count).toBe(0);
    expect(socket.output).toContain('<resource-constraint');
  }
});

it('remembers only so many of the sessions that ended', async () => {
  const broker = new TestServer({ rememberedSessions: 2 });
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const socket = new MemorySocket();
    ids.push(await managed(broker, socket));
    socket.feed('</stream:stream>');
    await tick();
  }
  const socket = new MemorySocket();
  accept(broker, socket);
  socket.feed(HEADER + AUTH + HEADER);
  const answers: boolean[] = [];
  for (const id of ids) {
    socket.output = '';
    socket.feed(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
    await tick();
    answers.push(socket.output.includes('<failed xmlns="urn:xmpp:sm:3" h="0">'));
  }
  expect(answers).toEqual([false, true, true]);
});

it('takes the number before the first for one that is too high', async () => {
  const broker = new TestServer();
  const socket = new MemorySocket();
  await managed(broker, socket);
  socket.feed(`<a xmlns='urn:xmpp:sm:3' h='4294967295'/>`);
  await tick();
  // That is minus one, seen from here: more than was sent.
  expect(socket.output).toContain('<handled-count-too-high');
});

it('counts a stanza that is being put away while the connection breaks before it says how many there were', async () => {
  const broker = new TestServer();
  const socket = new MemorySocket();
  const id = await managed(broker, socket);
  let store: (outcome: 'stored') => void = () => undefined;
  broker.server.router.route = () => new Promise((resolve) => (store = resolve));
  socket.feed(`<message to='${DEVICE}'><body>for later</body></message>`);
  await tick();
  socket.cut();
  await tick();

  const next = new MemorySocket();
  accept(broker, next);
  next.feed(`${HEADER}${AUTH}${HEADER}<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
  await tick();
  expect(next.output).not.toContain('<resumed');
  store('stored');
  await tick();
  expect(next.output).toContain(`<resumed xmlns="urn:xmpp:sm:3" previd="${id}" h="1"/>`);
});

it('does not take a peer for dead whose acknowledgement it has not come to read', async () => {
  const broker = new TestServer({ ackTimeoutSeconds: 0.05 });
  const socket = new MemorySocket();
  await managed(broker, socket);
  let store: (outcome: 'stored') => void = () => undefined;
  broker.server.router.route = () => new Promise((resolve) => (store = resolve));
  socket.feed(`<message to='${DEVICE}'><body>for later</body></message>`);
  await tick();
  send(broker, 0);
  socket.feed(`<a xmlns='urn:xmpp:sm:3' h='1'/>`);
  await pause(200);
  expect(socket.output).not.toContain('<stream:error');
  store('stored');
  await pause(200);
  expect(socket.output).not.toContain('<stream:error');
  // Once it reads again, silence is silence.
  send(broker, 1);
  await eventually(() => socket.output.includes('<connection-timeout'));
});
