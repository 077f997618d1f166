/** The servers that the relay bench compares, each started on loopback with the same credentials. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCAL = '127.0.0.1';
export const SECRET = 'a-secret-of-the-bench-only';
const RELAY_PORTS = ['49152', '65535'];
const USER_QUOTA = '1000';

/** @param profile folder for processor profiles of the embedded server */
export function embedded(port, folder, profile) {
  execFileSync(process.execPath, ['tools/bundle.mjs', 'services/turn', folder], { stdio: 'pipe' });
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const env = {
    PATH: process.env.PATH,
    LOG_LEVEL: 'warn',
    SERVICE_PORT: '0',
    TURN_HOST: LOCAL,
    TURN_PORT: String(port),
    TURN_SECRET: SECRET,
    TURN_RELAY_ADDRESS: LOCAL,
    TURN_RELAY_FIRST_PORT: RELAY_PORTS[0],
    TURN_RELAY_LAST_PORT: RELAY_PORTS[1],
    TURN_ALLOWED_PEERS: LOCAL,
    TURN_USER_QUOTA: USER_QUOTA,
  };
  return new Server(
    spawn(process.execPath, [...flags, join(folder, 'main.mjs')], { env, stdio: ['ignore', 'ignore', 'inherit'] }),
  );
}

export function coturn(port, folder) {
  const values = {
    TURN_REALM: 'muster',
    TURN_SECRET: SECRET,
    TURN_EXTERNAL_IP: LOCAL,
    TURN_CERT_FILE: join(folder, 'none.pem'),
    TURN_KEY_FILE: join(folder, 'none.pem'),
    TURN_PORT: String(port),
    TURN_RELAY_FIRST_PORT: RELAY_PORTS[0],
    TURN_RELAY_LAST_PORT: RELAY_PORTS[1],
    TURN_USER_QUOTA: USER_QUOTA,
    TURN_FOLDER: folder,
  };
  const templates = ['turnserver.conf.template', 'turnserver.loopback.conf.template'].map((name) =>
    readFileSync(new URL(`../../deploy/turn/${name}`, import.meta.url), 'utf8'),
  );
  const file = join(folder, 'turnserver.conf');
  writeFileSync(
    file,
    templates.join('\n').replace(/\$\{(\w+)\}/g, (_, name) => values[name] ?? ''),
  );
  return new Server(spawn('turnserver', ['-c', file], { stdio: 'ignore' }));
}

class Server {
  #child;

  constructor(child) {
    this.#child = child;
    process.once('exit', () => child.kill('SIGKILL'));
  }

  /** Microseconds of processor, user and system, of all its threads that live. */
  get processor() {
    const tasks = `/proc/${this.#child.pid}/task`;
    return readdirSync(tasks).reduce(
      (sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000,
      0,
    );
  }

  /** Megabytes resident. */
  get memory() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))[1]) / 1024;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}
