/**
 * Memory for each connection, connections a second, and how fast a hint on the bus becomes a wake-up at every device.
 * The bundled service, a real nats-server, real TLS with a certificate for each device; everything on this machine.
 *
 *   node tools/bundle.mjs services/push-broker
 *   npm run bench -- push-broker [--devices 2000] [--concurrency 50] [--generations 3]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { parseArgs } from 'node:util';
import { connect as connectNats } from '@nats-io/transport-node';
import { makeCertificates } from './certificates.mjs';
import { BenchDevice } from './device.mjs';

const DOMAIN = 'xmpp.bench.test';
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '2000' },
    concurrency: { type: 'string', default: '50' },
    generations: { type: 'string', default: '3' },
  },
});
const count = Number(values.devices);
const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
const children = [];

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

function start(file, args, env = {}) {
  const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

/** Resident memory in MB and processor time in ms of a process. */
function usage(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { memory: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024, cpu: (Number(stat[11]) + Number(stat[12])) * 10 };
}

async function until(what, check, seconds = 60) {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(50))
    if (await check().catch(() => false)) return;
  throw new Error(`${what} took longer than ${seconds} s`);
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const round = (number, digits = 1) => Number(number.toFixed(digits));

async function connectAll(devices, options) {
  const waits = [];
  const queue = [...devices];
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop())
      waits.push(await next.device.connect({ ...options, ...next }));
  };
  await Promise.all(Array.from({ length: Number(values.concurrency) }, worker));
  return waits.sort((a, b) => a - b);
}

async function main() {
  const ids = Array.from({ length: count }, (_, i) => `01900000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`);
  const made = await makeCertificates(DOMAIN, ids);
  const [cert, anchors] = [join(folder, 'server.pem'), join(folder, 'anchors.pem')];
  writeFileSync(cert, made.serverPem);
  writeFileSync(anchors, made.rootPem);

  const [natsPort, port, http] = [await freePort(), await freePort(), await freePort()];
  start('nats-server', ['-a', '127.0.0.1', '-p', String(natsPort)]);
  const broker = start(process.execPath, [resolve('services/push-broker/dist/main.mjs')], {
    NATS_URL: `nats://127.0.0.1:${natsPort}`,
    NATS_USER: 'bench',
    NATS_PASSWORD: 'bench',
    EDGE_SECRET: 'a secret for the bench only',
    LOG_LEVEL: 'error',
    SERVICE_PORT: String(http),
    XMPP_DOMAIN: DOMAIN,
    XMPP_HOST: '127.0.0.1',
    XMPP_PORT: String(port),
    XMPP_STARTTLS_PORT: '0',
    XMPP_ACCEPTS_PER_SECOND: '0',
    XMPP_CERT_FILE: cert,
    XMPP_DEVICE_ANCHORS_FILE: anchors,
    NODE_STATE_DIR: folder,
  });
  let nats;
  await until('NATS', async () => (nats = await connectNats({ servers: `127.0.0.1:${natsPort}` })));
  // In place of the key manager, without whose list of revocations the broker is not ready.
  const noRevocations = JSON.stringify({ revocations: [], sequence: 0 });
  nats.subscribe('identity.revocations.list.v1', { callback: (_error, message) => message.respond(noRevocations) });
  await until('the start', async () => (await fetch(`http://127.0.0.1:${http}/-/health/ready`)).ok);

  const woken = new Map();
  const devices = made.devices.map(({ id, cert: own }) => ({
    device: new BenchDevice(id, (who) => woken.set(who, performance.now())),
    secureContext: createSecureContext({ ca: made.rootPem, cert: own, key: made.deviceKey }),
  }));
  await pause(1000);
  const idle = usage(broker.pid);
  const rows = [];
  for (let generation = 1; generation <= Number(values.generations); generation++) {
    const before = usage(broker.pid);
    const started = performance.now();
    const waits = await connectAll(devices, { port, domain: DOMAIN });
    const seconds = (performance.now() - started) / 1000;
    await pause(2000);
    const connected = usage(broker.pid);

    woken.clear();
    const asked = performance.now();
    for (let from = 0; from < count; from += 1000)
      nats.publish('devices.wake.v1', JSON.stringify({ deviceIds: ids.slice(from, from + 1000) }));
    await until('waking everybody', async () => woken.size === count);
    const delays = [...woken.values()].map((time) => time - asked).sort((a, b) => a - b);

    for (const { device } of devices) device.close();
    await pause(3000);
    rows.push({
      generation,
      'connections/s': Math.round(count / seconds),
      'sign-in p50/p99 ms': `${round(at(waits, 0.5))} / ${round(at(waits, 0.99))}`,
      'CPU ms/connection': round((connected.cpu - before.cpu) / count, 2),
      'RSS MB': round(connected.memory),
      'KB/connection': round(((connected.memory - idle.memory) * 1024) / count),
      'wake p50/p99 ms': `${round(at(delays, 0.5))} / ${round(at(delays, 0.99))}`,
      'RSS MB after close': round(usage(broker.pid).memory),
    });
  }
  await nats.close();
  console.log(`${count} devices, idle broker ${round(idle.memory)} MB, Node.js ${process.version}`);
  console.table(rows);
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await pause(500);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
