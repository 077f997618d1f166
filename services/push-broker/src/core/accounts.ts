/** `device`: has a certificate; `service`: the suite itself; `tool`: integrators' programs and technicians' tools. */
export type AccountKind = 'device' | 'service' | 'tool';

export interface Account {
  /** Localpart of the account's address, in its normal form (RFC 8265, UsernameCaseMapped). */
  username: string;
  kind: AccountKind;
}

export const SCRAM_HASHES = ['SHA-1', 'SHA-256', 'SHA-512'] as const;
/** Name of a hash function as SASL mechanisms have it. */
export type ScramHash = (typeof SCRAM_HASHES)[number];

/** What a server keeps of a password for SCRAM (RFC 5802, section 3): enough to check it, too little to use it elsewhere. */
export interface ScramVerifier {
  salt: Buffer;
  iterations: number;
  storedKey: Buffer;
  serverKey: Buffer;
}

/** Salted verifiers for each hash, and an HMAC of machine secrets so that PLAIN costs no PBKDF2. */
export interface StoredSecret {
  /** Hashes without a verifier cannot be signed in with. */
  scram: Partial<Record<ScramHash, ScramVerifier>>;
  /**
   * HMAC-SHA-256 of the prepared password under `salt`. For secrets of high entropy alone; without it PLAIN is checked
   * against a SCRAM verifier.
   */
  plain?: { salt: Buffer; hmac: Buffer };
}

/** Where accounts that sign in with a secret are looked up. Devices need no entry. */
export interface Accounts {
  /** @param username in its normal form */
  find(username: string): Promise<{ account: Account; secret?: StoredSecret } | undefined>;
}
