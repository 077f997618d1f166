import type { DeviceFacts, HardwareIdentity, Language } from '@muster/contracts';
import type { Lock } from '../state/lock';

/** How to run a script file in one language on this device. */
export interface Interpreter {
  program: string;
  /** Before the script's path. */
  arguments: string[];
  extension: string;
  /** What stands before the script in its file, where the interpreter would mistake its encoding otherwise. */
  mark?: string;
}

/** Facts that the platform tells; the agent adds its version and the script languages. */
export type PlatformFacts = Omit<DeviceFacts, 'agentVersion' | 'languages'>;

/** Everything that differs between operating systems. */
export interface Platform {
  facts(): PlatformFacts;
  hardware(): HardwareIdentity;
  interpreter(language: Language): Interpreter | undefined;
  /** Environment that scripts start from, before their parameters. */
  scriptEnvironment(): Record<string, string>;
  /** Whether a run is started as a process group of its own. Where not, the system ends it with the agent. */
  readonly groups: boolean;
  /** Takes the lock of a state folder, until it is released or this process ends. @throws Error when another agent has it */
  lock(path: string): Lock;
  /** Whether an agent that runs has the lock. */
  locked(path: string): boolean;
  /** Signals every process of the group; false when there was none. */
  signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean;
  /** Whether any process of the group is left. */
  groupExists(leader: number): boolean;
  /**
   * Leaders of process groups left over from a run of an earlier agent process, only where the marker in their
   * environment proves it.
   */
  leftoverGroups(marker: string, leader: number | undefined): number[];
}
