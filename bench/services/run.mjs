/**
 * What each service costs before it does anything: milliseconds to readiness, memory, processor time, bytes of program.
 * The bundled services with a real nats-server and a real PostgreSQL, one at a time; everything on this machine.
 *
 *   for project in agent services/bip services/push-broker services/key-manager services/web; do node tools/bundle.mjs $project; done
 *   npm run bench -- services [--runs 5] [--only web,bip] [--bundles folder]
 *
 * `--bundles` takes `<folder>/<service>/main.mjs` instead of `services/<service>/dist/main.mjs`, to compare two builds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeCertificates } from '../push-broker/certificates.mjs';
import { testing } from '../testing.mjs';

/** Milliseconds from readiness to the look at memory: what the start left behind has settled. */
const SETTLE = 4000;
const DOMAIN = 'xmpp.bench.test';
const SCHEMAS = { web: 'core', 'key-manager': 'identity' };
const SERVICES = ['bip', 'push-broker', 'key-manager', 'web'];

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, only: { type: 'string' }, bundles: { type: 'string' } },
});
const services = values.only?.split(',') ?? SERVICES;
const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
const programOf = (service) =>
  resolve(values.bundles ? join(values.bundles, service, 'main.mjs') : `services/${service}/dist/main.mjs`);

async function settings() {
  const { rootPem, serverPem } = await makeCertificates(DOMAIN, []);
  const [certificate, anchors] = [join(folder, 'server.pem'), join(folder, 'anchors.pem')];
  writeFileSync(certificate, serverPem);
  writeFileSync(anchors, rootPem);
  return {
    bip: { AGENT_DIR: resolve('agent/dist') },
    'push-broker': {
      XMPP_DOMAIN: DOMAIN,
      XMPP_HOST: '127.0.0.1',
      XMPP_PORT: '0',
      XMPP_STARTTLS_PORT: '0',
      XMPP_CERT_FILE: certificate,
      XMPP_DEVICE_ANCHORS_FILE: anchors,
      NODE_STATE_DIR: folder,
    },
    'key-manager': { CA_DIR: join(folder, 'ca'), CA_CREATE: 'true', FIRST_ADMIN_PASSWORD: 'for the bench only' },
    web: {},
  };
}

/** Ready but for the revocations, which only a key manager beside it could give. */
const startedUp = ({ checks }) => Object.entries(checks).every(([name, passed]) => passed || name === 'revocations');

/** One start. Memory in MB, times in ms. */
async function run(service, port, environment) {
  const started = performance.now();
  const child = spawn(process.execPath, [programOf(service)], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'error', SERVICE_PORT: String(port), ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/-/health/ready`).catch(() => undefined);
      if (answer && startedUp(await answer.json())) break;
      if (child.exitCode !== null || performance.now() - started > 60_000) throw new Error(`${service} did not start`);
      await pause(5);
    }
    const ready = performance.now() - started;
    await pause(SETTLE);
    const memory = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    const megabytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)[1]) / 1024;
    const cpu = (Number(stat[11]) + Number(stat[12])) * 10;
    return { ready, rss: megabytes('Rss'), pss: megabytes('Pss'), private: megabytes('Private_Dirty'), cpu };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

async function main() {
  const { freePort, startNats, startPostgres } = await testing();
  const [nats, postgres] = [await startNats(), await startPostgres()];
  const database = await postgres.createDatabase(Object.values(SCHEMAS));
  const own = await settings();
  const rows = {};
  try {
    for (const service of services) {
      const { url, user, password } = nats.credentials(service);
      const urls = database.urls[SCHEMAS[service]];
      const environment = {
        ...own[service],
        NATS_URL: url,
        NATS_USER: user,
        NATS_PASSWORD: password,
        EDGE_SECRET: 'a secret for the bench only',
        ...(urls ? { DATABASE_URL: urls.url, DATABASE_OWNER_URL: urls.ownerUrl } : {}),
      };
      // The first start migrates, makes certificates and fills the file cache.
      await run(service, await freePort(), environment);
      const results = [];
      for (let i = 0; i < Number(values.runs); i++) results.push(await run(service, await freePort(), environment));
      const of = (name) => Math.round(median(results.map((result) => result[name])));
      rows[service] = {
        'ready ms': of('ready'),
        'CPU ms': of('cpu'),
        'RSS MB': of('rss'),
        'PSS MB': of('pss'),
        'private MB': of('private'),
        'program KB': Math.round(statSync(programOf(service)).size / 1024),
      };
    }
  } finally {
    await nats.stop();
    await postgres.stop();
  }
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(`Medians of ${values.runs} starts, Node.js ${process.version}, load of the machine ${load.join(' ')}`);
  console.table(rows);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
