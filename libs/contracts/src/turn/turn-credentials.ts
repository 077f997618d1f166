/** Credentials of a TURN server (RFC 8656, section 5) that hold until a point in time. */
export interface TurnCredentials {
  /** `<expiry>:<name>`, expiry in seconds since 1970. */
  username: string;
  /** Base64 of the HMAC-SHA-1 of the user name under the shared secret. */
  password: string;
  /** ISO 8601 in UTC; a server makes no allocations afterwards. Those that it has may go on. */
  expiresAt: string;
}

/**
 * Time-limited credentials in the scheme that coturn calls `use-auth-secret` (draft-uberti-behave-turn-rest-00): nobody
 * stores them, whoever knows the secret can check them. Runs on Node.js only.
 *
 * @param name whom it is for; servers count quotas by it
 * @param ttl seconds
 */
export function turnCredentials(secret: string, name: string, ttl: number, now = Date.now()): TurnCredentials {
  const expiry = Math.floor(now / 1000) + Math.floor(ttl);
  const username = `${expiry}:${name}`;
  return { username, password: turnPassword(secret, username), expiresAt: new Date(expiry * 1000).toISOString() };
}

/** The password that belongs to a time-limited user name. */
export function turnPassword(secret: string, username: string): string {
  // Not imported: the console is built from these files as well, for browsers, which have no such module.
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return createHmac('sha1', secret).update(username).digest('base64');
}

/** What a time-limited user name says: whom it is for and until when (seconds since 1970); none when it is not one. */
export function readTurnUsername(username: string): { name: string; expiry: number } | undefined {
  const found = /^(\d{1,12})(?::(.*))?$/su.exec(username);
  return found ? { name: found[2] ?? '', expiry: Number(found[1]) } : undefined;
}
