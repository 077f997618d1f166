import type { DeviceFacts, HardwareIdentity, Language } from '@muster/contracts';

/** How to run a script file in one language on this device. */
export interface Interpreter {
  program: string;
  /** Before the script's path. */
  arguments: string[];
  extension: string;
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
  /** When a process started, as text that no later process with the same pid has; undefined when there is none. */
  processStart(pid: number): string | undefined;
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
