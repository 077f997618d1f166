import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SECRETS_FILE = 'secrets.json';

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
}

export function readOrMakeSecrets(data: string, schemas: string[], natsUsers: string[]): Secrets {
  const file = join(data, SECRETS_FILE);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  const made: Secrets = {
    edge: secret(),
    postgresAdmin: secret(),
    databaseOwner: Object.fromEntries(schemas.map((name) => [name, secret()])),
    databaseApp: Object.fromEntries(schemas.map((name) => [name, secret()])),
    nats: Object.fromEntries(natsUsers.map((name) => [name, secret()])),
    firstAdminPassword: readable(),
    firstRegistrationKey: secret(),
  };
  writeFileSync(file, JSON.stringify(made, null, 2), { mode: 0o600 });
  return made;
}

const secret = (): string => randomBytes(24).toString('base64url');

/** A password that can be read aloud and typed: four groups without letters that look alike, 77 bits. */
function readable(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
