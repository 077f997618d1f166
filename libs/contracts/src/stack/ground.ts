/**
 * What the local stack's program `ground` says of a data folder, in one line of JSON, to who fills it: PostgreSQL and both
 * NATS without services.
 */
export interface GroundPlaces {
  data: string;
  /** Where the authority and all data lie. */
  open: string;
  /** Number of the process that uses them now. */
  running?: number;
  /** What keeps them from being started, each a sentence with its remedy. */
  faults: string[];
}

/** Its second line, when they are ready. Passwords of the superuser and of NATS' administrator. */
export interface GroundReady {
  postgres: { port: number; password: string };
  nats: { hub: string; leaf: string; password: string };
}
