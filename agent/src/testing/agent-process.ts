import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AgentConfig } from '@muster/contracts';

const PROJECT = resolve(import.meta.dirname, '../../..');

/** Builds the agent of this source into a folder laid out as an installer does. */
export function installAgent(): string {
  const install = mkdtempSync(join(tmpdir(), 'muster-agent-'));
  const version = join(install, 'versions', '1.2.3');
  execFileSync(process.execPath, ['tools/bundle.mjs', 'agent', version], { cwd: PROJECT, stdio: 'pipe' });
  execFileSync('mv', [join(version, 'launcher.mjs'), install]);
  writeFileSync(join(install, 'current'), '1.2.3\n');
  return install;
}

/** A real agent in a process of its own, started through the launcher. */
export class AgentProcess {
  readonly state: string;
  readonly config: string;
  private child?: ChildProcess;
  private log = '';
  /** Where the output of the process that was started last begins. */
  private from = 0;
  /** Further arguments of Node.js. */
  readonly flags: string[] = [];

  constructor(
    private readonly install: string,
    config: AgentConfig,
  ) {
    const home = mkdtempSync(join(install, 'device-'));
    this.state = join(home, 'state');
    this.config = join(home, 'agent.json');
    writeFileSync(this.config, JSON.stringify(config));
  }

  get output(): string {
    return this.log;
  }

  /** Whether the process that was started last has logged this event: `serving` once it is enrolled and at work. */
  said(event: string): boolean {
    return this.log.includes(`"event":"${event}"`, this.from);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  start(): void {
    const given = [join(this.install, 'launcher.mjs'), 'run', '--config', this.config, '--state', this.state];
    this.from = this.log.length;
    // As service definitions start it.
    const flags = ['--max-semi-space-size=1', '--max-old-space-size=128', ...this.flags];
    this.child = spawn(process.execPath, [...flags, ...given], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr?.on('data', (bytes: Buffer) => (this.log += bytes.toString()));
  }

  /** @returns the exit code, null after a signal that the agent could not catch */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    child.kill(signal);
    return ended;
  }

  run(command: string, ...more: string[]): string {
    const given = [
      join(this.install, 'launcher.mjs'),
      command,
      '--config',
      this.config,
      '--state',
      this.state,
      ...more,
    ];
    return execFileSync(process.execPath, given, { encoding: 'utf8', stdio: 'pipe' });
  }

  get hasLock(): boolean {
    return existsSync(join(this.state, 'agent.lock'));
  }
}
