import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRETS_FILE = 'secrets.json';
export const SCHEMAS = ['core', 'identity', 'rmm_logs', 'plugins', 'audit', 'downloads'];
export const HUB_SERVICES = ['web', 'key-manager', 'bip', 'rmm-logs', 'plugins', 'audit-logs', 'downloads'];
export const LEAF_SERVICES = ['push-broker'];
/** `backup` takes snapshots of streams, and puts them back. */
const NATS_USERS = [...HUB_SERVICES, ...LEAF_SERVICES, 'leaf', 'system', 'backup'];

/** Secrets of one local stack, made at its first start. */
export interface Secrets {
  edge: string;
  postgresAdmin: string;
  /** By schema. */
  databaseOwner: Record<string, string>;
  databaseApp: Record<string, string>;
  /** By NATS user. */
  nats: Record<string, string>;
  firstAdminPassword: string;
  firstRegistrationKey: string;
  /** Shared by the TURN server and whoever makes credentials for it. */
  turn: string;
  /** Of the push service. */
  pushKey: string;
}

export const secretsFile = (data: string): string => join(data, SECRETS_FILE);

export function makeSecrets(): Secrets {
  const each = (names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, secret()]));
  return {
    edge: secret(),
    postgresAdmin: secret(),
    databaseOwner: each(SCHEMAS),
    databaseApp: each(SCHEMAS),
    nats: each(NATS_USERS),
    firstAdminPassword: readable(),
    firstRegistrationKey: secret(),
    turn: secret(),
    pushKey: secret(),
  };
}

/**
 * Undefined before the first start. What a newer version brings (passwords of roles and users, secrets) is new: it is set at
 * each start, before anybody uses them. @throws Error saying in half a sentence what is wrong with the file
 */
export function readSecrets(data: string): Secrets | undefined {
  const file = secretsFile(data);
  if (!existsSync(file)) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${SECRETS_FILE} cannot be read`, { cause: error });
  }
  const known = withNewPasswords(read);
  const missing = missingFields(makeSecrets(), known);
  if (missing.length > 0) throw new Error(`${SECRETS_FILE} lacks ${missing.join(', ')}`);
  return known as Secrets;
}

function withNewPasswords(read: unknown): unknown {
  if (typeof read !== 'object' || read === null) return read;
  const fresh = makeSecrets();
  const groups = ['databaseOwner', 'databaseApp', 'nats'] as const;
  const given = read as Partial<Record<(typeof groups)[number], object>>;
  const completed = groups
    .filter((group) => given[group])
    .map((group) => [group, { ...fresh[group], ...given[group] }]);
  return { turn: fresh.turn, pushKey: fresh.pushKey, ...read, ...Object.fromEntries(completed) };
}

export const writeSecrets = (data: string, secrets: Secrets): void =>
  writeFileSync(secretsFile(data), JSON.stringify(secrets, null, 2), { mode: 0o600 });

/** Names of the texts that a model has and an object has not. */
function missingFields(model: object, given: unknown, path = ''): string[] {
  const fields = new Map(Object.entries(given ?? {}));
  return Object.entries(model).flatMap(([name, wanted]: [string, unknown]) => {
    const value: unknown = fields.get(name);
    if (typeof wanted === 'object' && wanted !== null) return missingFields(wanted, value, `${path}${name}.`);
    return typeof value === 'string' && value !== '' ? [] : [path + name];
  });
}

const secret = (): string => randomBytes(24).toString('base64url');

/** A password that can be read aloud and typed: four groups without letters that look alike, 77 bits. */
function readable(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
