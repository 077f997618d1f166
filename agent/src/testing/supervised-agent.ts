import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentConfig } from '@muster/contracts';
import { InstallFolder } from '../launcher/install-folder';

const RESTART_MS = 50;

/** A real agent in an installation of its own, started again whenever it ends, as service managers do. */
export class SupervisedAgent {
  readonly install: InstallFolder;
  readonly state: string;
  starts = 0;
  output = '';
  private child?: ChildProcess;
  private stopping = false;

  /** @param template an installation to copy. @param flags further arguments of Node.js */
  constructor(
    template: string,
    config: AgentConfig,
    private readonly env: Record<string, string> = {},
    private readonly flags: readonly string[] = [],
  ) {
    const path = mkdtempSync(join(tmpdir(), 'muster-supervised-'));
    execFileSync('cp', ['-r', `${template}/.`, path]);
    this.install = new InstallFolder(path);
    this.state = join(path, 'state');
    writeFileSync(join(path, 'agent.json'), JSON.stringify({ ...config, reportSpreadSeconds: 0 }));
  }

  start(): void {
    if (this.stopping) return;
    this.starts += 1;
    const { path } = this.install;
    const given = ['run', '--config', join(path, 'agent.json'), '--state', this.state];
    const child = spawn(process.execPath, [...this.flags, join(path, 'launcher.mjs'), ...given], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.env },
    });
    this.child = child;
    child.stderr.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    child.once('exit', () => setTimeout(() => this.start(), RESTART_MS));
  }

  /** The folder of the version that runs now, by the process that wrote the status. */
  get connectedAs(): string | undefined {
    const file = join(this.state, 'status.json');
    if (!existsSync(file)) return undefined;
    const { pid, lastSync } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; lastSync?: string };
    return pid === this.child?.pid && lastSync ? this.install.current : undefined;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  remove(): void {
    execFileSync('rm', ['-rf', this.install.path]);
  }
}
