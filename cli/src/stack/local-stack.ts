import { existsSync, readFileSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stdout } from 'node:process';
import { CliError, EXIT } from '../core/exit-codes';
import type { InternalReply, Part, Stack } from './stack';

/** What the local stack's supervisor leaves in `run/state.json`. */
interface RunState {
  pid: number;
  ready: boolean;
  console: string;
  caFile: string;
  parts: { name: string; ready: boolean; pid?: number; restarts: number }[];
}

/** Ports below the first one (`--ports`), as docs/system-administration/local-stack.md lists them. */
export const LOCAL_PORTS: Readonly<Record<string, number>> = {
  'web-manager': 101,
  'web-worker': 102,
  'key-manager': 103,
  bip: 104,
  'push-broker': 105,
  'rmm-logs': 106,
  plugins: 107,
  'audit-logs': 108,
  turn: 109,
  downloads: 110,
  'nats-hub': 46,
  'nats-leaf': 47,
};
const HTTPS = 443;
const POSTGRES = 32;
const NATS = { hub: 42, leaf: 45 } as const;

/** The processes that `npm start` supervises, by the files in its data folder. */
export class LocalStack implements Stack {
  readonly kind = 'local';

  constructor(readonly data: string) {}

  static isIn(data: string): boolean {
    return existsSync(join(data, 'run/state.json'));
  }

  /** The stack's first port. */
  get basePort(): number {
    return Number(new URL(this.state().console).port) - HTTPS;
  }

  get caFile(): string {
    return this.state().caFile;
  }

  /** Of the console. */
  get domain(): string {
    return new URL(this.state().console).hostname;
  }

  /** Where the authority and all data lie: the data folder, or one that processes without rights may enter. */
  get open(): string {
    return dirname(dirname(this.caFile));
  }

  natsUrl(server: 'hub' | 'leaf'): string {
    return `nats://127.0.0.1:${this.basePort + NATS[server]}`;
  }

  get postgresPort(): number {
    return this.basePort + POSTGRES;
  }

  async parts(): Promise<Part[]> {
    const { parts, pid } = this.state();
    const supervised = lives(pid);
    return parts.map(({ name, ready, restarts, pid: own }): Part => {
      const state = !supervised || own === undefined ? 'stopped' : ready ? 'running' : 'starting';
      return { name, state, healthy: supervised && ready, restarts };
    });
  }

  async fetch(part: string, path: string): Promise<InternalReply> {
    const offset = LOCAL_PORTS[part];
    if (offset === undefined) throw new Error(`${part} has no internal endpoints`);
    const url = `http://127.0.0.1:${this.basePort + offset}${path}`;
    const reply = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { status: reply.status, body: await reply.text() };
  }

  async logs(part: string, { lines, follow }: { lines: number; follow: boolean }): Promise<void> {
    stdout.write(await this.lastLines(part, lines));
    if (!follow) return;
    const file = await open(this.logFile(part));
    let position = (await file.stat()).size;
    await new Promise<never>(() => {
      watch(this.logFile(part), async () => {
        const { size } = await file.stat();
        if (size <= position) return;
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - position), 0, size - position, position);
        position += bytesRead;
        stdout.write(buffer.subarray(0, bytesRead));
      });
    });
  }

  async lastLines(part: string, lines: number): Promise<string> {
    const text = readFileSync(this.logFile(part), 'utf8').replace(/\n$/, '');
    return `${text.split('\n').slice(-lines).join('\n')}\n`;
  }

  async databaseUrl(): Promise<string | undefined> {
    const file = join(this.data, 'secrets.json');
    if (!existsSync(file)) return undefined;
    const { postgresAdmin } = JSON.parse(readFileSync(file, 'utf8')) as { postgresAdmin: string };
    return `postgres://muster_admin:${postgresAdmin}@127.0.0.1:${this.postgresPort}/postgres`;
  }

  private logFile(part: string): string {
    const file = join(this.data, 'logs', `${part}.log`);
    if (existsSync(file)) return file;
    const known = this.state().parts.map(({ name }) => name);
    throw new CliError(EXIT.missing, `There is no log of a part "${part}".`, `There are: ${known.join(', ')}.`);
  }

  private state(): RunState {
    const file = join(this.data, 'run/state.json');
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as RunState;
    } catch {
      throw new CliError(EXIT.config, `No local stack has run with the data folder ${this.data}.`);
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
