import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFileIfThere, removeFile } from './files';

interface Holder {
  pid: number;
  /** Start of the process as the platform tells it, so that a reused pid is not taken for the holder. */
  started: string;
}

/** One agent per state folder. */
export interface Lock {
  release(): void;
}

/** A hard link made in one step, which names its holder; a dead holder's is taken over. */
export class InstanceLock implements Lock {
  private constructor(private readonly path: string) {}

  /** @throws Error naming the pid of the agent that already runs */
  static acquire(path: string, identityOf: (pid: number) => string | undefined): InstanceLock {
    const mine: Holder = { pid: process.pid, started: identityOf(process.pid) ?? '' };
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        if (tryLink(draft, path)) return new InstanceLock(path);
        const holder = readHolder(path);
        if (holder && alive(holder, identityOf)) throw new Error(`an agent already runs here, process ${holder.pid}`);
        discardStale(path, identityOf);
      }
      throw new Error(`could not take the lock ${path}`);
    } finally {
      removeFile(draft);
    }
  }

  /** The pid of the running agent, if there is one. */
  static holder(path: string, identityOf: (pid: number) => string | undefined): number | undefined {
    const holder = readHolder(path);
    return holder && alive(holder, identityOf) ? holder.pid : undefined;
  }

  release(): void {
    removeFile(this.path);
  }
}

function alive(holder: Holder, identityOf: (pid: number) => string | undefined): boolean {
  return identityOf(holder.pid) === holder.started;
}

/** Moves a stale lock aside, looks again at what was moved, and puts it back when somebody else was quicker. */
function discardStale(path: string, identityOf: (pid: number) => string | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved && alive(moved, identityOf)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileIfThere(path) ?? 'null') as Partial<Holder> | null;
    if (typeof value?.pid !== 'number' || typeof value.started !== 'string') return undefined;
    return { pid: value.pid, started: value.started };
  } catch {
    return undefined;
  }
}
