import { type ChildProcess, spawn } from 'node:child_process';
import { reapAtEnd } from './reaper';

export interface User {
  uid: number;
  gid: number;
}

export interface ChildOptions {
  user?: User;
  cwd?: string;
  /** Removed when this process ends without stopping the server. */
  folder?: string;
}

/**
 * A server that never outlives this process. It ends and its folder goes when this process
 * does, however that happens.
 */
export class Child {
  private readonly process: ChildProcess;
  private readonly reaper: ChildProcess;
  private readonly ended: Promise<void>;
  private over = false;
  private output = '';

  constructor(file: string, args: readonly string[], options: ChildOptions = {}) {
    this.process = spawn(file, args, {
      ...options.user,
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-20_000)));
    }
    this.reaper = reapAtEnd({ pid: this.process.pid, folder: options.folder });
    this.ended = new Promise<void>((resolve) => {
      this.process.once('exit', () => resolve());
      this.process.once('error', (error) => {
        this.output += error.message;
        resolve();
      });
    }).then(() => {
      this.over = true;
      this.reaper.kill('SIGKILL');
    });
    this.process.unref();
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** What it printed last. */
  get lastOutput(): string {
    return this.output;
  }

  get running(): boolean {
    return !this.over;
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.over) return;
    this.process.ref();
    this.process.kill(signal);
    await this.ended;
  }
}
