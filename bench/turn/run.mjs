/**
 * What a relayed packet costs: the embedded TURN server beside coturn, one client for both.
 *
 *   npm run bench -- turn [--seconds 4] [--pps 6000] [--sessions 8] [--bytes 1000] [--only embedded|coturn] [--json]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, openSession, peerSocket } from './client.mjs';
import { coturn, embedded, SECRET } from './servers.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    pps: { type: 'string', default: '6000' },
    sessions: { type: 'string', default: '8' },
    bytes: { type: 'string', default: '1000' },
    only: { type: 'string' },
    prof: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const pps = Number(values.pps);
const sessions = Number(values.sessions);
const bytes = Number(values.bytes);
/** Seconds for which one server is measured before it is the other's turn: both meet the same neighbours on the machine. */
const TURN_SECONDS = 0.5;
const KINDS = ['channel-up', 'channel-down', 'send-up', 'send-down'];

const round = (number, digits = 2) => Number(number.toFixed(digits));
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Sends at a steady rate. @returns what was sent, how late it arrived, and what the server spent on it */
async function measure({ server, all, peer }, way, direction) {
  const delays = [];
  const take = (packet) => {
    if (packet.length >= 8) delays.push(performance.now() - packet.readDoubleBE(0));
  };
  for (const session of all) session.onData = direction === 'down' ? take : () => undefined;
  peer.onData = direction === 'up' ? take : () => undefined;
  const data = Buffer.alloc(bytes, 7);
  const before = server.processor;
  const started = performance.now();
  let sent = 0;
  while (performance.now() - started < TURN_SECONDS * 1000) {
    const due = Math.floor(((performance.now() - started) / 1000) * pps);
    for (; sent < due; sent++) {
      const session = all[sent % all.length];
      data.writeDoubleBE(performance.now(), 0);
      if (direction === 'down') peer.send(data, session.relayed);
      else if (way === 'channel') session.sendOnChannel(data);
      else session.sendTo(data);
    }
    await pause(1);
  }
  await pause(100);
  return { spent: server.processor - before, sent, delays };
}

function figuresOf(rounds) {
  const delays = rounds.flatMap((one) => one.delays).sort((a, b) => a - b);
  const sent = rounds.reduce((sum, one) => sum + one.sent, 0);
  const costs = rounds.map(({ spent, delays: arrived }) => spent / Math.max(1, arrived.length)).sort((a, b) => a - b);
  return {
    microsecondsPerPacket: round(at(costs, 0.5)),
    lossPercent: round((1 - delays.length / sent) * 100, 3),
    p50: round(at(delays, 0.5), 3),
    p99: round(at(delays, 0.99), 3),
    packets: delays.length,
  };
}

/** All kinds on all servers, which take turns. */
async function compare(servers) {
  const raw = Object.fromEntries(servers.map(({ name }) => [name, {}]));
  for (const way of ['channel', 'send']) {
    for (const each of servers) {
      each.peer = await peerSocket();
      each.all = [];
      for (let i = 0; i < sessions; i++) {
        const { port, peer } = each;
        each.all.push(await openSession({ port, secret: SECRET, name: `bench-${i}`, peer, way }));
      }
    }
    for (const direction of ['up', 'down']) {
      const rounds = Object.fromEntries(servers.map(({ name }) => [name, []]));
      // Unmeasured: what a server compiles or grows while it is new.
      for (const each of servers) await measure(each, way, direction);
      for (let turn = 0; turn < seconds / TURN_SECONDS; turn++)
        for (const each of turn % 2 ? servers.toReversed() : servers)
          rounds[each.name].push(await measure(each, way, direction));
      for (const { name } of servers) raw[name][`${way}-${direction}`] = figuresOf(rounds[name]);
    }
    for (const { name, server, all, peer } of servers) {
      raw[name].memory = round(server.memory, 1);
      for (const session of all) session.close();
      peer.close();
    }
  }
  return raw;
}

const root = mkdtempSync(join(tmpdir(), 'muster-bench-turn-'));
const servers = [];
let raw;
try {
  for (const [name, start] of Object.entries({ embedded, coturn })) {
    if (values.only && name !== values.only) continue;
    const folder = join(root, name);
    mkdirSync(folder);
    const port = await freePort();
    servers.push({ name, port, server: start(port, folder, values.prof) });
  }
  raw = await compare(servers);
} finally {
  await Promise.all(servers.map(({ server }) => server.stop()));
  rmSync(root, { recursive: true, force: true });
}
const ratio = (figure) =>
  raw.embedded && raw.coturn
    ? Object.fromEntries(KINDS.map((kind) => [kind, round(raw.embedded[kind][figure] / raw.coturn[kind][figure])]))
    : undefined;
const ratios = { processorPerPacket: ratio('microsecondsPerPacket'), p99: ratio('p99') };
if (values.json) console.log(JSON.stringify({ node: process.version, seconds, pps, sessions, bytes, ratios, raw }));
else {
  for (const [name, figures] of Object.entries(raw)) {
    console.log(`${name}: ${figures.memory} MB`);
    console.table(Object.fromEntries(KINDS.map((kind) => [kind, figures[kind]])));
  }
  if (ratios.processorPerPacket) console.log('ours to coturn', ratios);
}
