import { uuidv7 } from 'uuidv7';

/** A new id: UUIDv7 (RFC 9562), so that ids grow with time and index pages fill in order. */
export const newId = (): string => uuidv7();

/** A schema, table or role name that may stand in SQL text unquoted. */
export function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name)) throw new Error(`"${name}" cannot be a name in the database`);
  return name;
}

/** A text literal in SQL, for statements that take no parameters. */
export const literal = (text: string): string =>
  text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
