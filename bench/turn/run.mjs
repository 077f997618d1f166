/**
 * What a relayed packet costs: the embedded TURN server beside coturn, one client for both.
 *
 *   npm run bench -- turn [--seconds 3] [--pps 6000] [--sessions 8] [--bytes 1000] [--only embedded|coturn] [--json]
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, openSession, peerSocket } from './client.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    pps: { type: 'string', default: '6000' },
    sessions: { type: 'string', default: '8' },
    bytes: { type: 'string', default: '1000' },
    only: { type: 'string' },
    prof: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run bench -- turn [--seconds 3] [--pps 6000] [--sessions 8] [--bytes 1000] [--only embedded|coturn] [--json]',
  );
  process.exit(0);
}
const seconds = Number(values.seconds);
const pps = Number(values.pps);
const sessions = Number(values.sessions);
const bytes = Number(values.bytes);
const LOCAL = '127.0.0.1';
const SECRET = 'a-secret-of-the-bench-only';
const folder = mkdtempSync(join(tmpdir(), 'muster-bench-turn-'));
const TICKS_MS = 10;

const processor = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICKS_MS;
};
const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const round = (number, digits = 2) => Number(number.toFixed(digits));
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function embedded(port) {
  execFileSync(process.execPath, ['tools/bundle.mjs', 'services/turn', folder], { stdio: 'pipe' });
  const flags = values.prof ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : [];
  return spawn(process.execPath, [...flags, join(folder, 'main.mjs')], {
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'warn',
      TURN_HOST: LOCAL,
      TURN_PORT: String(port),
      TURN_SECRET: SECRET,
      TURN_RELAY_ADDRESS: LOCAL,
      TURN_ALLOWED_PEERS: LOCAL,
      TURN_USER_QUOTA: '1000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function coturn(port) {
  const file = join(folder, 'turnserver.conf');
  const lines = [
    `listening-ip=${LOCAL}`,
    `listening-port=${port}`,
    `relay-ip=${LOCAL}`,
    'realm=muster',
    'use-auth-secret',
    `static-auth-secret=${SECRET}`,
    'allow-loopback-peers',
    'cli-password=unused',
    'no-cli',
    'no-tcp',
    'no-tls',
    'no-dtls',
    `pidfile=${join(folder, 'pid')}`,
    `userdb=${join(folder, 'db')}`,
    'log-file=/dev/null',
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  return spawn('turnserver', ['-c', file], { stdio: 'ignore' });
}

/** Sends at a steady rate and returns what arrived, how late, and what the server spent on it. */
async function measure(pid, all, peer, way, direction, duration = seconds) {
  const delays = [];
  const take = (packet) => {
    if (packet.length >= 8) delays.push(performance.now() - packet.readDoubleBE(0));
  };
  for (const session of all) session.onData = direction === 'down' ? take : () => undefined;
  peer.onData = direction === 'up' ? take : () => undefined;
  const data = Buffer.alloc(bytes, 7);
  const before = processor(pid);
  const started = performance.now();
  let sent = 0;
  while (performance.now() - started < duration * 1000) {
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
  await pause(300);
  const spent = processor(pid) - before;
  delays.sort((a, b) => a - b);
  return {
    microsecondsPerPacket: round((spent * 1000) / Math.max(1, delays.length)),
    lossPercent: round((1 - delays.length / sent) * 100, 3),
    p50: round(at(delays, 0.5), 3),
    p99: round(at(delays, 0.99), 3),
    packets: delays.length,
  };
}

async function run(start) {
  const port = await freePort();
  const child = start(port);
  process.once('exit', () => child.kill('SIGKILL'));
  try {
    const result = {};
    for (const way of ['channel', 'send']) {
      const peer = await peerSocket();
      const all = [];
      for (let i = 0; i < sessions; i++)
        all.push(await openSession({ port, secret: SECRET, name: `bench-${i}`, peer, way }));
      for (const direction of ['up', 'down']) {
        // Unmeasured: what a server compiles or grows while it is new.
        await measure(child.pid, all, peer, way, direction, 1);
        result[`${way}-${direction}`] = await measure(child.pid, all, peer, way, direction);
      }
      result.memory = round(memory(child.pid), 1);
      for (const session of all) session.close();
      peer.close();
    }
    return result;
  } finally {
    child.kill('SIGTERM');
    await new Promise((ended) => child.once('exit', ended));
  }
}

const servers = Object.entries({ embedded, coturn }).filter(([name]) => !values.only || name === values.only);
const raw = {};
try {
  for (const [name, start] of servers) raw[name] = await run(start);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const kinds = ['channel-up', 'channel-down', 'send-up', 'send-down'];
const ratio = (figure) =>
  raw.embedded && raw.coturn
    ? Object.fromEntries(kinds.map((kind) => [kind, round(raw.embedded[kind][figure] / raw.coturn[kind][figure])]))
    : undefined;
const ratios = { processorPerPacket: ratio('microsecondsPerPacket'), p99: ratio('p99') };
if (values.json) console.log(JSON.stringify({ node: process.version, seconds, pps, sessions, bytes, ratios, raw }));
else {
  for (const [name, figures] of Object.entries(raw)) {
    console.log(`${name}: ${figures.memory} MB`);
    console.table(Object.fromEntries(kinds.map((kind) => [kind, figures[kind]])));
  }
  if (ratios.processorPerPacket) console.log('ours to coturn', ratios);
}
