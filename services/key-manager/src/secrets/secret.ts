import { createHash, createHmac, randomBytes } from 'node:crypto';

const TOKEN_PREFIX = 'muster_';

/** 256 random bits, base64url: what a session cookie or the tail of an API token is. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
export const newTokenSecret = (): string => TOKEN_PREFIX + newSecret();
/** 160 random bits in hex: safe in an address, an argument and a script. */
export const newRegistrationKey = (): string => randomBytes(20).toString('hex');

/** Tells an API token from a session secret by its form. */
export const credentialKind = (credential: string): 'session' | 'token' =>
  credential.startsWith(TOKEN_PREFIX) ? 'token' : 'session';

/**
 * What is stored of a secret. A plain hash is enough where 256 random bits went in: there is nothing to guess, and a
 * lookup by it tells nothing about the secret by its timing.
 */
export const digest = (secret: string): Buffer => createHash('sha256').update(secret, 'utf8').digest();

/** Token against cross-site requests, bound to the session: only who holds the session's secret can derive it. */
export const csrfToken = (sessionSecret: string): string =>
  createHmac('sha256', sessionSecret).update('muster-csrf.v1').digest('base64url');
