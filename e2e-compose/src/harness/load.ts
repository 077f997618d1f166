import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { project, until } from './commands';

/** What `fixtures/load.mjs` asks for all the time. */
export interface LoadTarget {
  name: string;
  host: string;
  path: string;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
  key?: string;
  cert?: string;
  /** A WebSocket that is held open. */
  live?: true;
}

export interface LoadResult {
  name: string;
  sent: number;
  answered: number;
  slowestMs: number;
  failures: { at: string; why: string }[];
  /** Milliseconds for which a WebSocket was not there. */
  gaps: number[];
}

/** Steady requests from a place of the tests' network, by a process of its own. */
export class Load {
  private output = '';
  private errors = '';
  private readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (piece: Buffer) => (this.output += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  /** @param place before the program, such as `nsenter --net=…`; empty: this machine */
  static async start(
    place: string[],
    config: { address: string; ca: string; everyMs: number; targets: LoadTarget[] },
  ): Promise<Load> {
    const [file = '', ...args] = [...place, process.execPath, join(project, 'e2e-compose/fixtures/load.mjs')];
    const load = new Load(spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
    load.child.stdin?.write(`${JSON.stringify(config)}\n`);
    await until('the load is on', async () => load.errors.includes('the load is on'));
    return load;
  }

  /** Ends it once everything that was asked is answered. */
  async stop(): Promise<LoadResult[]> {
    this.child.stdin?.end();
    await this.ended;
    if (this.output === '') throw new Error(`the load ended with: ${this.errors}`);
    return JSON.parse(this.output) as LoadResult[];
  }
}
