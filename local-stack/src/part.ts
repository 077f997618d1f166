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
  /** Asked again and again until it answers true. */
  ready(): Promise<boolean>;
  /** Signal that asks the process to end; SIGTERM when absent. */
  stopSignal?: NodeJS.Signals;
}
