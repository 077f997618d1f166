import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import type { HardwareIdentity, Language } from '@muster/contracts';
import { InstanceLock, type Lock } from '../state/lock';
import { currentUser } from './basic-facts';
import { findInterpreter } from './interpreters';
import { LinuxFacts } from './linux-facts';
import type { Interpreter, Platform, PlatformFacts } from './platform';
import { POSIX_PATH, signalPosixGroup } from './posix-processes';

export class LinuxPlatform implements Platform {
  readonly groups: boolean = true;
  private readonly reader = new LinuxFacts();

  facts(): PlatformFacts {
    return this.reader.facts();
  }

  hardware(): HardwareIdentity {
    return this.reader.hardware();
  }

  interpreter(language: Language): Interpreter | undefined {
    return findInterpreter(language, POSIX_PATH);
  }

  scriptEnvironment(): Record<string, string> {
    const user = currentUser() ?? 'root';
    return { PATH: POSIX_PATH, HOME: homedir(), USER: user, LOGNAME: user, LANG: 'C.UTF-8' };
  }

  lock(path: string): Lock {
    return InstanceLock.acquire(path, (pid) => this.processStart(pid));
  }

  locked(path: string): boolean {
    return InstanceLock.holder(path, (pid) => this.processStart(pid)) !== undefined;
  }

  /** When a process started, as text that no later process with the same pid has; undefined when there is none. */
  processStart(pid: number): string | undefined {
    const stat = readStat(pid);
    return stat && stat.state !== 'Z' ? `${bootId()} ${stat.startTicks}` : undefined;
  }

  signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
    return signalPosixGroup(leader, signal);
  }

  groupExists(leader: number): boolean {
    return signalPosixGroup(leader, 0);
  }

  /**
   * A run's processes carry the marker in their environment. The group that they were started in is the run's; one
   * that a script made for a service which it restarted (a new session) carries the marker too, and is left alone.
   */
  leftoverGroups(marker: string, leader: number | undefined): number[] {
    const groups = new Set<number>();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
      if (!stat || stat.state === 'Z' || !hasMarker(pid, marker)) continue;
      // Without a recorded leader the script itself, by its path, shows which group it was.
      if (leader === undefined ? stat.group === pid && runsScriptOf(pid, marker) : stat.group === leader)
        groups.add(stat.group);
    }
    return [...groups];
  }
}

function hasMarker(pid: number, marker: string): boolean {
  return read(`/proc/${pid}/environ`)?.includes(marker) ?? false;
}

/** Scripts lie in a folder that is named after the run's marker. */
function runsScriptOf(pid: number, marker: string): boolean {
  return read(`/proc/${pid}/cmdline`)?.includes(marker) ?? false;
}

/** proc_pid_stat(5). The command name in parentheses may itself contain blanks and parentheses. */
function readStat(pid: number): { state: string; group: number; startTicks: string } | undefined {
  const text = read(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields ?? [];
  const startTicks = fields?.[19];
  return state && group && startTicks ? { state, group: Number(group), startTicks } : undefined;
}

const bootId = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
