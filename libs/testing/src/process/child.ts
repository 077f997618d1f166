import { type ChildProcess, spawn } from 'node:child_process';

export interface User {
  uid: number;
  gid: number;
}

export interface ChildOptions {
  user?: User;
  cwd?: string;
}

/**
 * A server that never outlives this process. A shell beside it reads from a pipe that closes when this process ends,
 * however it ends, and then kills the server.
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
    this.reaper = spawn(
      'sh',
      ['-c', 'cat >/dev/null; kill -KILL "$1" 2>/dev/null', 'reaper', String(this.process.pid)],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      },
    );
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
    for (const child of [this.process, this.reaper]) child.unref();
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
