/** The load generator, a process of its own: takes one command after the other from `run.mjs` and answers with what it saw. */
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { Connection } from './connection.mjs';
import { Pusher } from './pusher.mjs';

/** Milliseconds that messages may be under way after the last was sent. */
const PATIENCE = 5000;
const BODY = 'x'.repeat(120);

let server;
let connections = [];
/** Of the present series: when message n was sent, and how long it took. */
let sentAt = [];
let delays = [];
/** Connections that were lost while they were watched, and why. */
let lost = new Map();

const received = (n) => {
  if (sentAt[n] === undefined) return;
  delays.push(performance.now() - sentAt[n]);
  sentAt[n] = undefined;
};

const commands = {
  async connect({ users, concurrency, ...where }) {
    server = { ...where, secureContext: createSecureContext({ ca: where.ca, minVersion: 'TLSv1.3' }) };
    connections = users.map((user) => new Connection(user, received));
    const queue = [...connections];
    const waits = [];
    const started = performance.now();
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) waits.push(await next.open(server));
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const seconds = (performance.now() - started) / 1000;
    for (const connection of connections) {
      connection.failed = (why) => process.send({ error: `${connection.bare} was lost: ${why}` });
    }
    return {
      seconds,
      waits,
      protocol: connections[0].socket.getProtocol(),
      cipher: connections[0].socket.getCipher().name,
    };
  },

  /** Messages from one connection to the bare address of another, both at random. */
  messages: ({ rate, count }) =>
    openLoop(rate, count, (n) => {
      const [from, to] = [random(), random()];
      from.send(`<message to='${to.bare}' type='chat' id='m${n}'><body>${BODY}</body></message>`);
    }),

  /** The same by HTTP, to one connection at random. `call` is the way of the server: a path and a kind of body. */
  async push({ rate, count, port, headers, call, patience }) {
    const pusher = new Pusher({ ...server, port, headers });
    try {
      await pusher.ready();
      const result = await openLoop(
        rate,
        count,
        (n) => pusher.post(call.path, bodies[call.body](n, random().bare)),
        patience,
      );
      for (const deadline = performance.now() + PATIENCE; pusher.answered < count && performance.now() < deadline;)
        await pause(10);
      if (pusher.failures.size > 0) result.failures = Object.fromEntries(pusher.failures);
      return result;
    } finally {
      pusher.close();
    }
  },

  /** From now on a lost connection is counted and does not end the run. */
  async watch() {
    lost = new Map();
    for (const connection of connections) connection.failed = (why) => lost.set(connection, why);
  },

  status: () => ({
    open: connections.length - lost.size,
    lost: lost.size,
    reasons: [...new Set(lost.values())],
    pings: connections.reduce((sum, { pings }) => sum + pings, 0),
  }),

  /** All connections break, without a word. */
  async cut() {
    for (const connection of connections) connection.close();
  },

  /** All dial at once; who fails tries again within two seconds. */
  async storm() {
    const errors = {};
    let attempts = 0;
    const started = performance.now();
    const waits = await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          attempts++;
          try {
            await connection.open(server);
            return performance.now() - started;
          } catch (error) {
            const why = conditionOf(error.message.replace(`${connection.bare}: `, ''));
            errors[why] = (errors[why] ?? 0) + 1;
            connection.close();
            await pause(Math.random() * 2000);
          }
        }
      }),
    );
    await commands.watch();
    return { waits, attempts, errors };
  },

  /** How many of the last series have arrived, those that waited included; the last ones get a moment. */
  async arrivals() {
    for (const deadline = performance.now() + PATIENCE; sentAt.some(Boolean) && performance.now() < deadline;)
      await pause(50);
    return { arrived: delays.length };
  },

  async disconnect() {
    for (const connection of connections) connection.close();
    connections = [];
  },
};

/** The condition of the XMPP error in what a server said, without which each stream's identifier makes another reason. */
const conditionOf = (said) => /<([a-z-]+) xmlns=["']urn:ietf:params:xml:ns:xmpp-/.exec(said)?.[1] ?? said.slice(0, 100);

const stanza = (n, to) => `<message to='${to}' type='chat' id='m${n}'><body>${BODY}</body></message>`;
const bodies = {
  ejabberd: (n, to) => JSON.stringify({ from: server.domain, to, stanza: stanza(n, to) }),
  muster: (n, to) => JSON.stringify({ to: [to], id: `m${n}`, stanza: stanza(n, to) }),
};

const random = () => connections[Math.floor(Math.random() * connections.length)];

/**
 * Sends at a rate that does not depend on the answers. A delay counts from the moment in which the message was written;
 * `late` tells how much later that was than it should have been, so that a generator that cannot keep up shows.
 */
async function openLoop(rate, count, send, patience = PATIENCE) {
  sentAt = new Array(count);
  delays = [];
  const late = [];
  const started = performance.now();
  for (let n = 0; n < count; await pause(1)) {
    for (let due = ((performance.now() - started) * rate) / 1000; n < count && n < due; n++) {
      late.push(Math.max(0, performance.now() - started - (n * 1000) / rate));
      sentAt[n] = performance.now();
      send(n);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  for (const deadline = performance.now() + patience; delays.length < count && performance.now() < deadline;)
    await pause(10);
  return { sent: count, seconds, delays, late };
}

process.on('message', async ({ command, ...options }) => {
  try {
    process.send({ result: (await commands[command](options)) ?? {} });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit(0));
