import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, sizeOf } from './log-file';
import type { Part } from './part';

const POLL_MS = 100;
const GUARD_MS = 1000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LONGEST_RESTART_DELAY_MS = 10_000;
/** A part that ended as often without ever getting ready will not get ready. */
const HOPELESS_ENDS = 5;

export interface PartState {
  name: string;
  ready: boolean;
  pid?: number;
  restarts: number;
}

interface Running extends PartState {
  part: Part;
  child?: ChildProcess;
  startedAt: number;
  everReady: boolean;
  /** Where in its log this run of the stack begins. */
  logStart: number;
}

/** Starts parts in the order of what they need, restarts what dies, and ends everything. */
export class Supervisor {
  private readonly running = new Map<string, Running>();
  private readonly readiness = new Map<string, Promise<void>>();
  private ending = false;

  constructor(
    private readonly logFolder: string,
    private readonly changed: (states: PartState[]) => void,
    private readonly say: (line: string) => void,
  ) {}

  /** Whether `stop` was called; then `start` resolves early. */
  get stopping(): boolean {
    return this.ending;
  }

  /**
   * Resolves when these parts are ready, or, being optional, have failed; parts of an earlier call may be needed.
   * @throws Error naming the part that did not get ready and its log
   */
  async start(parts: Part[]): Promise<void> {
    const startOne = async (part: Part): Promise<void> => {
      await Promise.all(part.needs.map((name) => this.readiness.get(name)));
      if (this.ending) return;
      const entry: Running = {
        name: part.name,
        ready: false,
        restarts: 0,
        part,
        startedAt: Date.now(),
        everReady: false,
        logStart: sizeOf(this.logOf(part)),
      };
      this.running.set(part.name, entry);
      this.launch(entry);
      await this.untilReady(entry).catch((error: Error) => {
        if (!part.optional) throw error;
        this.say(error.message);
      });
    };
    for (const part of inOrder(parts, [...this.readiness.keys()])) this.readiness.set(part.name, startOne(part));
    await Promise.all(parts.map((part) => this.readiness.get(part.name)));
  }

  states(): PartState[] {
    return [...this.running.values()].map(({ name, ready, pid, restarts }) => ({ name, ready, pid, restarts }));
  }

  /** Ends all parts, those that others need last. */
  async stop(): Promise<void> {
    this.ending = true;
    const waiting = new Set(this.running.values());
    while (waiting.size > 0) {
      const needed = new Set([...waiting].flatMap((entry) => entry.part.needs));
      const free = [...waiting].filter((entry) => !needed.has(entry.name));
      await Promise.all(free.map((entry) => this.end(entry)));
      for (const entry of free) waiting.delete(entry);
    }
  }

  private logOf({ name }: { name: string }): string {
    return join(this.logFolder, `${name}.log`);
  }

  private launch(entry: Running): void {
    const { part } = entry;
    const log = openSync(this.logOf(part), 'a', 0o640);
    const [file, args] = withParentDeathSignal(part);
    // A process group of its own: a terminal's Ctrl-C reaches the supervisor only, which ends the parts in order.
    const child = spawn(file, args, { cwd: part.cwd, env: part.env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    entry.child = child;
    entry.pid = child.pid;
    entry.startedAt = Date.now();
    child.on('error', (error) => {
      if (entry.child === child && !child.pid) void this.died(entry, error.message);
    });
    child.on('exit', (code, signal) => {
      endGroup(child.pid);
      if (entry.child === child) void this.died(entry, signal ?? `code ${code}`);
    });
    this.changed(this.states());
    if (child.pid) void this.watch(entry, child, child.pid);
  }

  /** Asks this process whether it is ready until it says so or is gone. */
  private async watch(entry: Running, child: ChildProcess, pid: number): Promise<void> {
    while (entry.child === child && !this.ending) {
      const ready = await entry.part.ready(pid).catch(() => false);
      if (ready && entry.child === child) {
        entry.ready = true;
        entry.everReady = true;
        const seconds = ((Date.now() - entry.startedAt) / 1000).toFixed(1);
        this.say(`${entry.name.padEnd(14)} ready   pid ${pid}   ${seconds} s`);
        this.changed(this.states());
        return entry.part.restartAfterMs === undefined ? undefined : this.guard(entry, child, pid);
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends a process that is not ready any more and stays so; it is then started again as one that died. */
  private async guard(entry: Running, child: ChildProcess, pid: number): Promise<void> {
    let readyAt = Date.now();
    while (entry.child === child && !this.ending) {
      await sleep(GUARD_MS);
      if (await entry.part.ready(pid).catch(() => false)) readyAt = Date.now();
      else if (Date.now() - readyAt > (entry.part.restartAfterMs ?? Infinity) && entry.child === child) {
        this.say(`${entry.name.padEnd(14)} is not ready any more; ending it`);
        child.kill('SIGKILL');
        return;
      }
    }
  }

  private async untilReady(entry: Running): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!entry.ready && !this.ending) {
      const log = this.logOf(entry);
      if (entry.restarts >= HOPELESS_ENDS && !entry.everReady) {
        const lines = lastLines(log, entry.logStart);
        throw new Error(
          `${entry.name} ended ${entry.restarts} times without getting ready; ${log} ends with:\n${lines}`,
        );
      }
      if (Date.now() > deadline) throw new Error(`${entry.name} did not get ready; read ${log}.`);
      await sleep(POLL_MS);
    }
  }

  private async died(entry: Running, how: string): Promise<void> {
    entry.ready = false;
    entry.pid = undefined;
    if (this.ending) return;
    entry.child = undefined;
    const delay = Math.min(LONGEST_RESTART_DELAY_MS, 200 * 2 ** Math.min(entry.restarts, 6));
    if (Date.now() - entry.startedAt > LONGEST_RESTART_DELAY_MS) entry.restarts = 0;
    entry.restarts += 1;
    this.changed(this.states());
    // One that is hopeless was told of already.
    if (entry.everReady || entry.restarts < HOPELESS_ENDS)
      this.say(`${entry.name.padEnd(14)} ended (${how}); starting it again`);
    await sleep(delay);
    if (!this.ending) this.launch(entry);
  }

  private async end(entry: Running): Promise<void> {
    const { child } = entry;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(entry.part.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
    entry.ready = false;
    entry.pid = undefined;
  }
}

/** Workers of a server whose main process was killed would keep its ports. */
function endGroup(pid: number | undefined): void {
  if (!pid) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** On Linux the kernel ends a part when the supervisor is gone, however that happened. */
function withParentDeathSignal({ file, args, user, stopSignal }: Part): [string, string[]] {
  if (process.platform !== 'linux') return [file, args];
  const drop = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const signal = (stopSignal ?? 'SIGTERM').replace('SIG', '');
  return ['setpriv', [...drop, '--pdeathsig', signal, '--', file, ...args]];
}

/** Every part after what it needs; `started` are there already. @throws Error on an unknown or circular need */
export function inOrder(parts: Part[], started: string[] = []): Part[] {
  const sorted: Part[] = [];
  const left = new Set(parts);
  while (left.size > 0) {
    const next = [...left].find((part) =>
      part.needs.every((name) => started.includes(name) || sorted.some((done) => done.name === name)),
    );
    if (!next)
      throw new Error(
        `these parts need each other or something unknown: ${[...left].map((part) => part.name).join(', ')}`,
      );
    left.delete(next);
    sorted.push(next);
  }
  return sorted;
}
