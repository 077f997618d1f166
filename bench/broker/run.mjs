/**
 * Our broker beside Prosody and ejabberd, in one run on one machine: the same client process, the same bytes, the same
 * certificate, one server after the other, and all of that again: each figure is the median of the rounds.
 *
 *   npm run -s bench -- broker [--devices 10000] [--json]
 *     [--rate 2000] [--seconds 10] [--concurrency 64] [--settle 10] [--rounds 3] [--only prosody,ejabberd,muster]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CannotRun } from '../cannot-run.mjs';
import { makeCertificates } from '../push-broker/certificates.mjs';
import { Client } from './client-process.mjs';
import { doubts, figuresOf, ofRounds, ratiosOf } from './figures.mjs';
import { checkDescriptors, names, say } from './lone-broker.mjs';
import { checkPackages, newFolder, SERVERS } from './servers.mjs';
import { usageOf } from './usage.mjs';

const DOMAIN = 'xmpp.bench.test';
const number = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    devices: number('10000'),
    rate: number('2000'),
    seconds: number('10'),
    concurrency: number('64'),
    settle: number('10'),
    rounds: number('3'),
    only: { type: 'string', default: Object.keys(SERVERS).join(',') },
    json: { type: 'boolean', default: false },
  },
});
const [devices, rate, seconds, concurrency, settle, rounds] = [
  'devices',
  'rate',
  'seconds',
  'concurrency',
  'settle',
  'rounds',
].map((name) => Number(values[name]));
const chosen = Object.keys(SERVERS).filter((name) => values.only.split(',').includes(name));

/** Runs a command and adds the milliseconds of processor time that the server spent on it. */
async function costing(server, work) {
  const before = usageOf(server.pid);
  const result = await work();
  return { ...result, cpu: usageOf(server.pid).cpu - before.cpu };
}

async function measure(name, made, users, root) {
  const folder = newFolder(root, name);
  const certificate = join(folder, 'server.pem');
  writeFileSync(certificate, made.serverPem);
  const server = await SERVERS[name]({ folder, domain: DOMAIN, users, certificate, purpose: 'bench' });
  const client = new Client();
  try {
    say(`${name} ${server.version}: started`);
    await pause(settle * 1000);
    const base = usageOf(server.pid);
    const connecting = await client.do('connect', {
      port: server.port,
      domain: DOMAIN,
      ca: made.rootPem,
      users,
      concurrency,
    });
    // What the last sign-ins left to do belongs to them.
    await pause(1000);
    const after = usageOf(server.pid);
    say(`${name}: ${devices} connections in ${connecting.seconds.toFixed(1)} s`);
    await pause(settle * 1000);
    const idle = usageOf(server.pid);

    const series = { rate, count: rate * seconds };
    // Servers run for months: what compiles while it runs is measured compiled.
    const warmUp = { rate, count: rate * 5 };
    await client.do('messages', warmUp);
    const messages = await costing(server, () => client.do('messages', series));
    let push;
    if (server.push) {
      const http = { ...server.push, port: server.httpPort };
      const { failures } = await client.do('push', { ...warmUp, ...http });
      if (failures) throw new Error(`${name} refuses pushes: ${JSON.stringify(failures)}`);
      push = await costing(server, () => client.do('push', { ...series, ...http }));
    }
    say(`${name}: ${series.count} messages${push ? ' and pushes' : ''}`);
    const connected = { after, idle };
    const figures = figuresOf({ devices, base, connected, connecting, messages, push });
    const { protocol, cipher } = connecting;
    return { version: server.version, processes: idle.processes, protocol, cipher, ...figures };
  } finally {
    await client.do('disconnect').catch(() => undefined);
    client.end();
    await server.stop();
    await pause(settle * 200);
  }
}

async function main(root) {
  checkPackages(chosen);
  checkDescriptors(devices);
  const [load] = loadavg();
  const made = await makeCertificates(DOMAIN, []);
  const users = names(devices).map((name) => ({ name, password: randomBytes(16).toString('hex') }));
  const measured = new Map(chosen.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, results] of measured) results.push(await measure(name, made, users, root));
  }
  const servers = Object.fromEntries([...measured].map(([name, results]) => [name, ofRounds(results)]));
  const peers = chosen.filter((name) => name !== 'muster').map((name) => servers[name]);
  return {
    devices,
    rate,
    seconds,
    rounds,
    concurrency,
    node: process.version,
    machine: { processor: cpus()[0].model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) },
    units: {
      memory: 'KiB per connection, resident, the server without connections taken off',
      baseMemory: 'MiB',
      connectionRate: '1/s',
      processorPerConnection: 'ms',
      delays: 'ms',
      processorPerMessage: 'µs',
    },
    doubts: doubts(servers, load, cpus().length),
    servers,
    ratios: ratiosOf(servers.muster, peers),
  };
}

function table({ doubts, servers, ratios }) {
  console.table(
    Object.fromEntries(
      Object.entries(servers).map(([name, { message, httpPush, ...figures }]) => [
        name,
        {
          'KiB/connection': figures.memory,
          'connections/s': figures.connectionRate,
          'ms/connection': figures.processorPerConnection,
          'p50/p99/p99.9 ms': `${message.p50} / ${message.p99} / ${message.p999}`,
          'µs/message': message.processorPerMessage,
          'HTTP p50/p99 ms': httpPush ? `${httpPush.p50} / ${httpPush.p99}` : '-',
          'HTTP µs/message': httpPush?.processorPerMessage ?? '-',
          lost: message.lost + (httpPush?.lost ?? 0),
        },
      ]),
    ),
  );
  console.log('ours to the better peer:', ratios);
  for (const doubt of doubts) console.log(`do not trust: ${doubt}`);
}

const root = mkdtempSync(join(tmpdir(), 'muster-bench-broker-'));
let status = 0;
try {
  const report = await main(root);
  if (values.json) console.log(JSON.stringify(report, undefined, 2));
  else table(report);
} catch (error) {
  console.error(error instanceof CannotRun ? error.message : error);
  status = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.exit(status);
