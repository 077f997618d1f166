/** One process of the stack, as the supervisor needs to know it. */
export interface Part {
  name: string;
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  /** Runs as this user instead of the one who started the stack. */
  user?: { uid: number; gid: number };
  /** Names of the parts that must be ready before this one starts. */
  needs: string[];
  /** The others are of use without it: when it does not get ready, the stack goes on. */
  optional?: boolean;
  /** Asked again and again, with the pid of the process that runs now, until it answers true. */
  ready(pid: number): Promise<boolean>;
  /** It may lose what makes it ready and not get it back by itself: after so many milliseconds without, it is ended. */
  restartAfterMs?: number;
  /** Signal that asks the process to end; SIGTERM when absent. */
  stopSignal?: NodeJS.Signals;
}
