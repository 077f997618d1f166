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

/** Known now or later. What is known now spares a connection being held up. */
export type Soon<T> = T | Promise<T>;

/** Goes on with what is known now or later. */
export const soon = <T, R>(value: Soon<T>, goOn: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(goOn) : goOn(value);

/** What is kept of an account's secret. */
export interface StoredSecret {
  /** The verifier for a hash; undefined when there is none, and the mechanisms of that hash cannot be used. */
  scram(hash: ScramHash): Promise<ScramVerifier | undefined>;
  /**
   * Whether this is the secret, in its normal form (RFC 8265, OpaqueString). Costs one HMAC where an HMAC is kept, which
   * serves for machines' secrets of high entropy; otherwise as much as the iterations of a SCRAM verifier.
   */
  matches(secret: string): Soon<boolean>;
}

/** Where accounts that sign in with a secret are looked up. Devices need no entry. */
export interface Accounts {
  /** @param username in its normal form (RFC 8265, UsernameCaseMapped) */
  find(username: string): Soon<{ account: Account; secret?: StoredSecret } | undefined>;
  /**
   * A secret that nobody has, for a name that is not known: it looks, and takes time, as those of accounts do, and is the
   * same for the same name, so that a stranger cannot find out which names exist.
   */
  decoy(username: string): StoredSecret;
}
