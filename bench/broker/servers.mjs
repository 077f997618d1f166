import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CannotRun } from '../cannot-run.mjs';
import { bundled } from '../testing.mjs';
import { hasLibrary } from './usage.mjs';

const peers = await bundled('services/push-broker', 'src/testing/peers/index.ts');

/** How each server takes a push by HTTP; `muster` gets its key when it is started. */
const SEND_STANZA = { call: { path: '/api/send_stanza', body: 'ejabberd' }, headers: {} };

/** In the order in which they run: each alone, all with the same settings. */
export const SERVERS = {
  prosody: (settings) => peers.startProsody(settings),
  ejabberd: async (settings) => ({ ...(await peers.startEjabberd(settings)), push: SEND_STANZA }),
  muster: startMuster,
};

/** The packages that this run cannot do without, before anything is started. @throws CannotRun */
export function checkPackages(names) {
  try {
    if (names.includes('prosody')) peers.programOf('prosody');
    if (names.includes('ejabberd')) peers.programOf('ejabberd', 'ejabberdctl');
    if (names.includes('muster')) peers.programOf('nats-server');
  } catch (error) {
    throw error instanceof peers.MissingPackage ? new CannotRun(error.message) : error;
  }
}

/** Our broker alone, as `npm run broker` starts it. */
async function startMuster({ folder, domain, users, certificate }) {
  const [port, startTlsPort, httpPort] = await peers.freePorts(3);
  const [usersFile, keysFile] = [join(folder, 'users'), join(folder, 'push-keys')];
  const key = 'only-for-the-bench-0123456789abcdef';
  writeFileSync(usersFile, users.map(({ name, password }) => `${name}:${password}\n`).join(''));
  writeFileSync(keysFile, `bench:${key}\n`);
  const args = {
    port,
    'starttls-port': startTlsPort,
    'push-port': httpPort,
    users: usersFile,
    'push-keys': keysFile,
    domain,
    certificate,
  };
  const child = spawn(
    'npm',
    ['run', '-s', 'broker', '--', ...Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])],
    {
      // A group of its own: npm stands between this process and the broker.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log = createWriteStream(join(folder, 'output.log'));
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.pipe(log, { end: false });
    output.on('data', (text) => (said = (said + text).slice(-2000)));
  }
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (!ended()) process.kill(-child.pid, 'SIGTERM');
    for (const deadline = Date.now() + 10_000; !ended() && Date.now() < deadline;) await pause(100);
    if (!ended()) process.kill(-child.pid, 'SIGKILL');
  };
  for (const deadline = Date.now() + 120_000; !(await accepts(port)) || !(await accepts(httpPort)); await pause(200)) {
    if (!ended() && Date.now() < deadline) continue;
    await stop();
    throw new Error(`npm run broker did not come up:\n${said}`);
  }
  const version = `Node.js ${process.version}${hasLibrary(child.pid, 'libjemalloc') ? ', jemalloc' : ''}`;
  const push = { call: { path: '/push', body: 'muster' }, headers: { authorization: `Bearer ${key}` } };
  return { name: 'muster', version, port, startTlsPort, httpPort, pid: child.pid, push, stop };
}

const accepts = (port) =>
  new Promise((done) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.destroy() && done(true));
    socket.on('error', () => done(false));
  });

export const newFolder = (root, name) => mkdtempSync(join(root, `${name}-`));
