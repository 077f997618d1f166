import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Session } from '../../core/session';
import { AUTH, BIND, FOOTER, HEADER, PING, SIGN_IN } from '../dialogue';
import type { MemorySocket } from '../memory-socket';
import { TEST_DOMAIN, TestServer } from '../test-broker';
import { damaged, generator, pickFrom } from './random';
import { runsOr, SEED } from './settings';

const RUNS = runsOr(4000);
const CANARY = '01900000-0000-7000-8000-0000000000ff';
const ACCOUNTS = Array.from({ length: 6 }, (_, index) => `01900000-0000-7000-8000-00000000000${index}`);

const random = generator(SEED);
const pick = pickFrom(random);

/** Newest session of each account that was made resumable, so that resumption is tried with what can succeed. */
const resumable = new Map<string, string>();
/** Whose turn it is. */
let account = '';

const said: (() => string)[] = [
  () => HEADER,
  () => AUTH,
  () => BIND,
  () => PING,
  () => FOOTER,
  () => SIGN_IN,
  () => `<presence${pick(['', " type='unavailable'", " type='subscribe'", " from='a@b'"])}/>`,
  () =>
    `<message to='${pick([TEST_DOMAIN, 'x@y', '@', ''])}' type='${pick(['chat', 'error', ''])}'><body>${pick(['', 'ü', '&amp;'])}</body></message>`,
  () =>
    `<iq id='${random(9)}' type='${pick(['get', 'set', 'result', 'error', 'x'])}'><${pick(['query', 'ping', 'bind'])} xmlns='${pick(['urn:xmpp:ping', 'http://jabber.org/protocol/disco#info', 'urn:ietf:params:xml:ns:xmpp-bind', ''])}'/></iq>`,
  () => `<enable xmlns='urn:xmpp:sm:3'${pick(['', " resume='true'"])}/>`,
  () => `<r xmlns='urn:xmpp:sm:3'/>`,
  () => `<a xmlns='urn:xmpp:sm:3' h='${pick(['0', '1', '2', '99', '-1', 'x', '4294967295', '4294967296'])}'/>`,
  () =>
    `<resume xmlns='urn:xmpp:sm:3' h='${random(3)}' previd='${random(4) ? resumable.get(account) : pick([...resumable.values(), 'none'])}'/>`,
  () =>
    pick([
      '&nope;',
      '&constructor;',
      '<!-- x -->',
      '<?x y?>',
      '<!DOCTYPE a>',
      ']]>',
      '<![CDATA[<]]>',
      '\u0000',
      ' ',
      '\r\n',
      '\ufffe',
      '<',
      '>',
      "'",
      '<a:b/>',
      '<__proto__ __proto__="1"/>',
    ]),
  () => '<a>'.repeat(random(80)),
  () => 'x'.repeat(random(70_000)),
];

/** What keeps a session alive, so that some conversations get far. */
const harmless: (() => string)[] = [
  () => PING,
  () => "<r xmlns='urn:xmpp:sm:3'/>",
  () => "<a xmlns='urn:xmpp:sm:3' h='0'/>",
  () => '<presence/> ',
];

function conversation(): Buffer {
  const resume = `<resume xmlns='urn:xmpp:sm:3' h='${random(2)}' previd='${resumable.get(account)}'/>`;
  // Once: a second request ends the stream.
  const enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
  const signedOn = pick([BIND, BIND + enable, resume, '']);
  const start = random(8) ? HEADER + AUTH + HEADER + signedOn : '';
  const text = Array.from({ length: random(8) }, () => pick(random(3) ? harmless : said)()).join('');
  let bytes: Buffer = Buffer.from(start + text);
  for (let i = random(4) - 1; i > 0; i--) bytes = damaged(bytes, random);
  return bytes;
}

it(
  `survives ${RUNS} broken conversations (seed ${SEED}), and nobody else notices`,
  { timeout: 3_600_000 },
  async () => {
    const broker = new TestServer({ queueLength: 5, outputBytes: 20_000, afterSeconds: 86_400 });
    const online = new Set<Session>();
    let sessions = 0;
    let resumed = 0;
    broker.server.events.on('online', (session) => {
      sessions++;
      online.add(session);
    });
    broker.server.events.on('offline', (session) => online.delete(session));

    const canary = broker.accept(`${CANARY}@${TEST_DOMAIN}`);
    canary.feed(SIGN_IN);
    const open: MemorySocket[] = [];
    for (let run = 0; run < RUNS; run++) {
      account = pick(ACCOUNTS);
      const socket = broker.accept(`${account}@${TEST_DOMAIN}`);
      open.push(socket);
      const bytes = conversation();
      for (let at = 0; at < bytes.length;) {
        const length = 1 + random(random(4) ? bytes.length : 5);
        socket.feed(bytes.subarray(at, at + length));
        at += length;
      }
      if (random(4) === 0) broker.wake(pick(ACCOUNTS));
      await tick();
      const id = /<enabled [^>]*id="([^"]+)"/.exec(socket.output)?.[1];
      if (id) resumable.set(account, id);
      if (socket.output.includes('<resumed ')) resumed++;
      // Some connections stay for a while, so that streams of one account meet.
      while (open.length > random(6)) open.shift()?.cut();
    }
    for (const socket of open) socket.cut();
    await tick();
    await tick();

    expect(broker.faults).toEqual([]);
    // Enough of them got far enough for the test to mean something.
    expect(sessions).toBeGreaterThan(RUNS / 4);
    expect(resumed).toBeGreaterThan(RUNS / 100);
    canary.output = '';
    canary.feed(PING);
    await tick();
    expect(canary.output).toContain(`<iq type="result" id="ping"`);
    expect(broker.server.streams.size).toBe(1);
    expect([...online].map(({ jid }) => jid.local)).toEqual([CANARY]);
    // What is left besides waits to be resumed, one session an account at most.
    for (const account of ACCOUNTS)
      expect(broker.server.sessions.of(`${account}@${TEST_DOMAIN}`).length).toBeLessThanOrEqual(1);
    broker.server.shutdown();
    expect(broker.server.sessions.count).toBe(0);
  },
);
