import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from './part';

const READY_POLL_MS = 100;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LONGEST_RESTART_DELAY_MS = 10_000;

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
  /** Somebody asks already whether it is ready. */
  watched: boolean;
}

/** Starts parts in the order of what they need, restarts what dies, and ends everything. */
export class Supervisor {
  private readonly running = new Map<string, Running>();
  private readonly readiness = new Map<string, Promise<void>>();
  private stopping = false;

  constructor(
    private readonly logFolder: string,
    private readonly changed: (states: PartState[]) => void,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * Resolves when these parts are ready; parts of an earlier call may be needed.
   * @throws Error naming the part that did not get ready and its log
   */
  async start(parts: Part[]): Promise<void> {
    const startOne = async (part: Part): Promise<void> => {
      await Promise.all(part.needs.map((name) => this.readiness.get(name)));
      if (this.stopping) return;
      const entry: Running = {
        name: part.name,
        ready: false,
        restarts: 0,
        part,
        startedAt: Date.now(),
        watched: false,
      };
      this.running.set(part.name, entry);
      this.launch(entry);
      await this.untilReady(entry);
    };
    for (const part of inOrder(parts, [...this.readiness.keys()])) this.readiness.set(part.name, startOne(part));
    await Promise.all(parts.map((part) => this.readiness.get(part.name)));
  }

  states(): PartState[] {
    return [...this.running.values()].map(({ name, ready, pid, restarts }) => ({ name, ready, pid, restarts }));
  }

  /** Ends all parts, those that others need last. */
  async stop(): Promise<void> {
    this.stopping = true;
    const waiting = new Set(this.running.values());
    while (waiting.size > 0) {
      const needed = new Set([...waiting].flatMap((entry) => entry.part.needs));
      const free = [...waiting].filter((entry) => !needed.has(entry.name));
      await Promise.all(free.map((entry) => this.end(entry)));
      for (const entry of free) waiting.delete(entry);
    }
  }

  private launch(entry: Running): void {
    const { part } = entry;
    const log = openSync(join(this.logFolder, `${part.name}.log`), 'a', 0o640);
    const [file, args] = withParentDeathSignal(part);
    // A process group of its own: a terminal's Ctrl-C reaches the supervisor only, which ends the parts in order.
    const child = spawn(file, args, { cwd: part.cwd, env: part.env, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    entry.child = child;
    entry.pid = child.pid;
    entry.startedAt = Date.now();
    child.on('error', (error) => this.say(`${part.name}: cannot start: ${error.message}`));
    child.on('exit', (code, signal) => {
      endGroup(child.pid);
      if (entry.child === child) void this.died(entry, signal ?? `code ${code}`);
    });
    this.changed(this.states());
  }

  private async untilReady(entry: Running): Promise<void> {
    if (entry.watched) return;
    entry.watched = true;
    try {
      await this.poll(entry);
    } finally {
      entry.watched = false;
    }
  }

  private async poll(entry: Running): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await entry.part.ready().catch(() => false))) {
      if (this.stopping) return;
      if (Date.now() > deadline) {
        throw new Error(`${entry.name} did not get ready; read ${join(this.logFolder, `${entry.name}.log`)}.`);
      }
      await sleep(READY_POLL_MS);
    }
    entry.ready = true;
    this.say(
      `${entry.name.padEnd(14)} ready   pid ${entry.pid}   ${((Date.now() - entry.startedAt) / 1000).toFixed(1)} s`,
    );
    this.changed(this.states());
  }

  private async died(entry: Running, how: string): Promise<void> {
    entry.ready = false;
    entry.pid = undefined;
    if (this.stopping) return;
    this.changed(this.states());
    const delay = Math.min(LONGEST_RESTART_DELAY_MS, 200 * 2 ** Math.min(entry.restarts, 6));
    if (Date.now() - entry.startedAt > LONGEST_RESTART_DELAY_MS) entry.restarts = 0;
    entry.restarts += 1;
    this.say(`${entry.name.padEnd(14)} ended (${how}); starting it again`);
    await sleep(delay);
    if (this.stopping) return;
    this.launch(entry);
    await this.untilReady(entry).catch((error: Error) => this.say(error.message));
  }

  private async end(entry: Running): Promise<void> {
    const { child } = entry;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
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
function withParentDeathSignal({ file, args, user }: Part): [string, string[]] {
  if (process.platform !== 'linux') return [file, args];
  const drop = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return ['setpriv', [...drop, '--pdeathsig', 'TERM', '--', file, ...args]];
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
