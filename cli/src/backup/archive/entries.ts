/** Which of the two servers a backup is of; a local stack is both in one. */
export type ServerKind = 'itsm' | 'xmpp' | 'local';
/** The NATS that a stream is of: the server's own, or on a local stack the hub; there the leaf node is another one. */
export type QueuesAt = 'server' | 'leaf';

/** What a backup holds, in the order in which a restore needs it. */
export type EntryHead =
  | { kind: 'manifest'; manifest: Manifest }
  | ({ kind: 'folder' | 'file'; mtime: string } & Placed)
  | ({ kind: 'link'; target: string } & Placed)
  /** Bytes of `$JS.API.STREAM.SNAPSHOT`, with what `$JS.API.STREAM.RESTORE` wants beside them. */
  | { kind: 'stream'; name: string; config: object; state: object; at?: QueuesAt }
  /** Messages that came to a stream after its snapshot and before that of the database: a JSON line each. */
  | { kind: 'messages'; stream: string }
  /** `pg_dump`'s custom format. */
  | { kind: 'postgres' }
  /** A tar archive of what a service keeps in a volume. */
  | { kind: 'volume'; service: string; path: string }
  | { kind: 'end'; entries: number };

/** Places of a server outside containers; the authority and the certificates may lie outside the server's folder. */
export const PLACES = ['server', 'authority', 'certificates'] as const;
export type Place = (typeof PLACES)[number];

interface Placed {
  place: Place;
  /** Below the place, with `/`; empty for the place itself. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

export interface Manifest {
  server: ServerKind;
  /** Of the suite. */
  version: string;
  /** ISO 8601. The database is as of this moment. */
  takenAt: string;
  /** `ITSM_DOMAIN`. */
  domain: string;
  /** Names of the migrations that the database has, by schema; none without a database. */
  migrations: Readonly<Record<string, readonly string[]>>;
  /** `server_version` of PostgreSQL. */
  postgres?: string;
  /** How many devices the database knows. */
  devices?: number;
}
