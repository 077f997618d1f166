import { Client } from 'pg';
import { type Check, defineMessages, fault, type Finding, warning } from './finding';
import { KNOWN_MIGRATIONS } from './known-migrations';

const messages = defineMessages('database', 'PostgreSQL answers, and every schema is as this version wants it.', {
  'database-unreachable': fault(
    'The database does not answer: {reason}.',
    'See "muster logs postgres"; a full disk is the most frequent reason.',
  ),
  'migrations-pending': fault(
    'The schema {schema} lacks {count} migrations of this version, first {first}.',
    'Restart the service that owns it; "muster logs" of it says why a migration failed.',
  ),
  'schema-newer': warning(
    'The schema {schema} has migrations that this version of muster does not know, first {first}.',
    'Use the muster of the version that runs.',
  ),
  'schema-absent': fault(
    'The schema {schema} has not been made.',
    'Start its service; "muster logs database" says whether the roles could be made.',
  ),
});

/** Reads facts as the database's administrator. Nothing here writes. */
export class DatabaseFacts {
  constructor(private readonly url: string) {}

  /** @throws Error of PostgreSQL or of the network */
  async rows<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5_000,
      application_name: 'muster',
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query('SET default_transaction_read_only = on');
      await client.query("SET statement_timeout = '15s'");
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async has(table: string): Promise<boolean> {
    const [found] = await this.rows<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
    return found?.there ?? false;
  }
}

export const databaseCheck = (
  facts: DatabaseFacts,
  known: Readonly<Record<string, readonly string[]>> = KNOWN_MIGRATIONS,
): Check => ({
  name: 'database',
  run: async () => {
    try {
      await facts.rows('SELECT 1');
    } catch (error) {
      return [messages.say('database-unreachable', { reason: (error as Error).message || 'no answer' })];
    }
    return (await Promise.all(Object.entries(known).map(([schema, wanted]) => compare(facts, schema, wanted)))).flat();
  },
});

async function compare(facts: DatabaseFacts, schema: string, wanted: readonly string[]): Promise<Finding[]> {
  const [made] = await facts.rows<{ there: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS there', [schema]);
  if (!made?.there) return []; // its service is no part of this stack
  if (!(await facts.has(`${schema}.migrations`))) return [messages.say('schema-absent', { schema })];
  const ran = await facts.rows<{ name: string }>(`SELECT name FROM "${schema}".migrations ORDER BY timestamp`);
  const names = ran.map(({ name }) => name);
  const pending = wanted.filter((name) => !names.includes(name));
  if (pending.length > 0)
    return [messages.say('migrations-pending', { schema, count: pending.length, first: pending[0] ?? '' })];
  const newest = Math.max(...wanted.map(timeIn));
  const [stranger] = names.filter((name) => timeIn(name) > newest);
  if (stranger) return [messages.say('schema-newer', { schema, first: stranger })];
  return [messages.ok(`The schema ${schema} is up to date.`)];
}

/** A migration's name ends in the time that it was written, in milliseconds. */
export const timeIn = (name: string): number => Number(/\d{13}$/.exec(name)?.[0] ?? 0);
