/** What a running part says about itself. */
export interface Part {
  /** The service's name in the compose file, or the part's in the local stack. */
  name: string;
  state: 'running' | 'restarting' | 'starting' | 'stopped' | 'done';
  /** Passes its health check; undefined where it has none. */
  healthy?: boolean;
  restarts: number;
  /** Why it is not well, in its own words, when it says so. */
  reason?: string;
  since?: string;
  /** Ports of this host that lead to it; absent where nobody can say. */
  ports?: number[];
}

/** An answer of a part's internal endpoints. */
export interface InternalReply {
  status: number;
  body: string;
}

/** The suite as it runs on this machine: containers, or the processes of the local stack. */
export interface Stack {
  readonly kind: 'compose' | 'local';
  /** Everything that should run. @throws CliError when nobody can say */
  parts(): Promise<Part[]>;
  /** Asks an internal endpoint (`/-/health/ready`, NATS monitoring) of a part. @throws Error when it does not answer */
  fetch(part: string, path: string): Promise<InternalReply>;
  /** Shows a part's log. @returns once it is at its end, or never when it follows */
  logs(part: string, options: { lines: number; follow: boolean }): Promise<void>;
  /** The end of a part's log. */
  lastLines(part: string, lines: number): Promise<string>;
  /** URL of the database as its administrator; undefined where this server has none. */
  databaseUrl(): Promise<string | undefined>;
}

export const isWell = ({ state, healthy }: Part): boolean =>
  state === 'done' || (state === 'running' && healthy !== false);
