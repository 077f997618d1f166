import type { CredentialPaths } from '../core/tls/credentials';

/** What one key may use, where its entry in the file of keys says nothing else. */
export interface ClientLimits {
  requestsPerSecond: number;
  targetsPerSecond: number;
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Targets of one request, those of its groups and of all messages of a batch included. */
  targets: number;
}

export interface PushOptions {
  host: string;
  port: number;
  credentials: CredentialPaths;
  keysFile: string;
  /** No named groups without it. */
  groupsFile?: string;
  client: ClientLimits;
  /** Messages of one batch. */
  messages: number;
  /** Bytes of a stanza. */
  stanzaBytes: number;
  connections: number;
  /** Seconds that a request may take to arrive. */
  requestSeconds: number;
  /** Wrong credentials a minute from one address. */
  failuresPerMinute: number;
  /** How long, and in how many bytes for each key, answers are kept for repeated requests. */
  idempotency: { seconds: number; bytes: number };
}
