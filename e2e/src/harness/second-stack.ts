import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project, type StackSecrets, until } from './stack';

/** A stack beside the one that all tests share, without an agent: to be killed and starved. */
export class SecondStack {
  private running?: ReturnType<SecondStack['launch']>;

  private constructor(
    readonly data: string,
    readonly base: number,
  ) {}

  /** Not started yet. */
  static async make(): Promise<SecondStack> {
    const data = mkdtempSync(join(tmpdir(), 'muster-second-'));
    chmodSync(data, 0o711); // its services run as users without rights
    return new SecondStack(data, await freeBase());
  }

  /** Starts a process on the data; the stack's own, unless one runs already. */
  launch(): { said: () => string; ended: Promise<number | null>; process: ChildProcess } {
    const args = ['local-stack/dist/main.mjs', '--no-agent', '--data', this.data, '--ports', String(this.base)];
    const child = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return { said: () => text, ended: new Promise((resolve) => child.once('close', resolve)), process: child };
  }

  /** @throws Error with what it said when it does not get ready */
  async start(): Promise<void> {
    const running = (this.running = this.launch());
    const ended = (): boolean => running.process.exitCode !== null;
    await until('the second stack is ready', async () => running.said().includes('Ctrl-C ends') || ended(), 120);
    if (ended()) throw new Error(`the second stack ended:\n${running.said()}`);
  }

  get pid(): number {
    return this.running?.process.pid ?? 0;
  }

  /** What it printed since it started last. */
  said(): string {
    return this.running?.said() ?? '';
  }

  /** Sends a signal and waits for the end. @returns the exit code; null after a signal that cannot be handled */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.running?.process.kill(signal);
    return this.running?.ended ?? null;
  }

  /** Ends it and removes its data. */
  async close(): Promise<void> {
    await this.end();
    rmSync(this.data, { recursive: true, force: true });
  }

  secrets(): StackSecrets {
    return JSON.parse(readFileSync(join(this.data, 'secrets.json'), 'utf8')) as StackSecrets;
  }

  anchors(): string {
    return readFileSync(join(this.data, 'certificates/anchors.pem'), 'utf8');
  }

  parts(): { name: string; pid: number; ready: boolean }[] {
    return (JSON.parse(readFileSync(join(this.data, 'run/state.json'), 'utf8')) as { parts: [] }).parts;
  }
}

/** A base below the ports that the kernel gives to clients; the stack itself checks every port. */
async function freeBase(): Promise<number> {
  for (;;) {
    const candidate = 10_000 + 1000 * Math.floor(Math.random() * 9);
    if (await isFree(candidate + 443)) return candidate;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
