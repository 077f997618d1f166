import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OperationPayload, OperationReport } from '@muster/contracts';
import type { Interpreter, Platform } from '../platform/platform';
import { removeUnlessUsed } from '../state/files';
import type { OutputWriter } from './output-writer';

export type RunEnd = Pick<OperationReport, 'exitCode' | 'signal' | 'message' | 'durationMs'> & {
  outcome: 'completed' | 'failed' | 'cancelled' | 'interrupted';
};
/** Why a run is ended from outside. */
export type StopCause = 'time-limit' | 'cancelled' | 'agent-stops';

export interface RunSettings {
  operation: OperationPayload;
  interpreter: Interpreter;
  marker: string;
  /** Folder below which the script is put. */
  runs: string;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
}

/** In every process of a run. Parameters are `MUSTER_<NAME>`, so no parameter can have this name. */
export const MARKER_VARIABLE = '_MUSTER_RUN';
const PIPES_CLOSE_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 50;

/**
 * One script in a process group of its own. However it ends, the whole group is gone before `ended` resolves: who wants
 * to leave a process behind starts it in a new session, as service managers do.
 */
export class ScriptRun {
  readonly ended: Promise<RunEnd>;
  private readonly child: ChildProcess;
  private readonly folder: string;
  private readonly begun = performance.now();
  private cause?: StopCause;

  /** Starts at once. A script that cannot be started resolves as failed. */
  constructor(
    private readonly settings: RunSettings,
    private readonly platform: Platform,
    output: OutputWriter,
  ) {
    const { operation, interpreter, marker, runs } = settings;
    this.folder = join(runs, marker);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const script = join(this.folder, `script.${interpreter.extension}`);
    writeFileSync(script, `${interpreter.mark ?? ''}${operation.script}`, { mode: 0o700 });
    this.child = spawn(interpreter.program, [...interpreter.arguments, script], {
      cwd: this.folder,
      env: this.environment(),
      detached: platform.groups,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.child.stdout?.on('data', (bytes: Buffer) => output.write('stdout', bytes));
    this.child.stderr?.on('data', (bytes: Buffer) => output.write('stderr', bytes));
    this.ended = this.run().finally(() => {
      output.end();
      removeUnlessUsed(this.folder);
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the whole group: SIGTERM, and SIGKILL for what is left after the grace time. */
  stop(cause: StopCause): void {
    if (this.cause || this.pid === undefined) return;
    this.cause = cause;
    void this.clearGroup(this.pid);
  }

  private async run(): Promise<RunEnd> {
    const closed = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    const limitMs = this.settings.operation.timeLimitSeconds * 1000;
    const limit = setTimeout(() => this.stop('time-limit'), limitMs);
    try {
      const exit = await this.leaderExit();
      clearTimeout(limit);
      if (this.pid !== undefined) await this.clearGroup(this.pid);
      await Promise.race([closed, delay(PIPES_CLOSE_WITHIN_MS)]);
      return this.describe(exit);
    } finally {
      clearTimeout(limit);
      this.child.stdout?.destroy();
      this.child.stderr?.destroy();
    }
  }

  private leaderExit(): Promise<{ code: number | null; signal: string | null } | Error> {
    return new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
      this.child.once('error', (error) => {
        if (this.pid === undefined) resolve(error);
      });
    });
  }

  private async clearGroup(leader: number): Promise<void> {
    if (this.isOver(leader) || !this.platform.signalGroup(leader, 'SIGTERM')) return;
    const deadline = performance.now() + this.settings.graceMs;
    while (performance.now() < deadline) {
      await delay(LOOK_EVERY_MS);
      if (this.isOver(leader)) return;
    }
    this.platform.signalGroup(leader, 'SIGKILL');
  }

  /** Without groups it ends with its leader, whose number may be that of somebody else's process a moment later. */
  private isOver(leader: number): boolean {
    if (this.platform.groups) return !this.platform.groupExists(leader);
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private describe(exit: { code: number | null; signal: string | null } | Error): RunEnd {
    const durationMs = Math.round(performance.now() - this.begun);
    if (exit instanceof Error)
      return { outcome: 'failed', message: `could not be started: ${exit.message}`, durationMs };
    const facts = {
      durationMs,
      ...(exit.code === null ? {} : { exitCode: exit.code }),
      ...(exit.signal === null ? {} : { signal: exit.signal }),
    };
    const { timeLimitSeconds } = this.settings.operation;
    switch (this.cause) {
      case 'cancelled':
        return { outcome: 'cancelled', message: 'cancelled while it ran', ...facts };
      case 'agent-stops':
        return { outcome: 'interrupted', message: 'the agent was stopped while it ran', ...facts };
      case 'time-limit':
        return { outcome: 'failed', message: `ended at its time limit of ${timeLimitSeconds} s`, ...facts };
      default:
        if (exit.code === 0) return { outcome: 'completed', ...facts };
        return {
          outcome: 'failed',
          message: exit.signal ? `ended by ${exit.signal}` : `exit code ${exit.code}`,
          ...facts,
        };
    }
  }

  private environment(): Record<string, string> {
    const { operation, marker } = this.settings;
    const parameters = operation.parameters.map(({ name, value }) => [`MUSTER_${name.toUpperCase()}`, value]);
    return {
      ...this.platform.scriptEnvironment(),
      ...Object.fromEntries(parameters),
      [MARKER_VARIABLE]: marker,
    };
  }
}
