import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

export const SECRET = 'a-secret-of-the-conformance-suite';
export const REALM = 'muster';
export const LOCAL = '127.0.0.1';
/** Allocations of one user at once. */
export const USER_QUOTA = 4;
export const RELAY_PORTS = [41_000, 44_999] as const;

const ENVIRONMENT = { PATH: env['PATH'] ?? '' };

/** A TURN server in a process of its own on loopback. It relays to 127.0.0.1 and to nothing else that is private. */
export class Engine {
  private constructor(
    readonly port: number,
    readonly pid: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** The server of this folder, bundled as it is shipped. */
  static async embedded(): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-turn-'));
    const root = resolve(import.meta.dirname, '../../../..');
    execFileSync(process.execPath, ['tools/bundle.mjs', 'services/turn', folder], { cwd: root, stdio: 'pipe' });
    const port = await freePort();
    return Engine.started(port, folder, process.execPath, [join(folder, 'main.mjs')], {
      LOG_LEVEL: 'warn',
      TURN_HOST: LOCAL,
      TURN_PORT: String(port),
      TURN_SECRET: SECRET,
      TURN_REALM: REALM,
      TURN_RELAY_ADDRESS: LOCAL,
      TURN_RELAY_FIRST_PORT: String(RELAY_PORTS[0]),
      TURN_RELAY_LAST_PORT: String(RELAY_PORTS[1]),
      TURN_ALLOWED_PEERS: LOCAL,
      TURN_USER_QUOTA: String(USER_QUOTA),
    });
  }

  /** coturn, set up as `deploy/turn` does but for loopback. */
  static async coturn(): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-coturn-'));
    const port = await freePort();
    const values: Record<string, string> = {
      TURN_REALM: REALM,
      TURN_SECRET: SECRET,
      TURN_EXTERNAL_IP: LOCAL,
      TURN_CERT_FILE: join(folder, 'none.pem'),
      TURN_KEY_FILE: join(folder, 'none.pem'),
      TURN_PORT: String(port),
      TURN_RELAY_FIRST_PORT: String(RELAY_PORTS[0]),
      TURN_RELAY_LAST_PORT: String(RELAY_PORTS[1]),
      TURN_USER_QUOTA: String(USER_QUOTA),
      TURN_FOLDER: folder,
    };
    const templates = ['turnserver.conf.template', 'turnserver.loopback.conf.template'].map((name) =>
      readFileSync(resolve(import.meta.dirname, '../../../../deploy/turn', name), 'utf8'),
    );
    const file = join(folder, 'turnserver.conf');
    writeFileSync(
      file,
      templates.join('\n').replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
    );
    return Engine.started(port, folder, 'turnserver', ['-c', file], {});
  }

  private static async started(
    port: number,
    folder: string,
    file: string,
    args: readonly string[],
    settings: Record<string, string>,
  ): Promise<Engine> {
    const output: string[] = [];
    const child = spawn(file, args, { env: { ...ENVIRONMENT, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk.toString());
        if (output.length > 50) output.shift();
      });
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(50)) {
      if (child.exitCode !== null) break;
      if (await answers(port)) return new Engine(port, child.pid ?? 0, child, folder);
    }
    child.kill('SIGKILL');
    throw new Error(`${file} did not start:\n${output.join('')}`);
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Kilobytes. */
  get residentMemory(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]);
  }

  /** Its exit code, or the signal that ended it. */
  async stop(): Promise<number | string | null> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
    return this.child.exitCode ?? this.child.signalCode;
  }
}

/** Whether a Binding request gets an answer soon. */
async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.on('error', () => undefined);
    socket.send(Buffer.from('000100002112a442000102030405060708090a0b', 'hex'), port, LOCAL);
    return await Promise.race([once(socket, 'message').then(() => true), pause(200).then(() => false)]);
  } finally {
    socket.close();
  }
}

export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, LOCAL);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
