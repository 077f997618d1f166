import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands';
import type { Server } from './server';

export interface Table {
  rows: number;
  /** Of all rows in any order, each as PostgreSQL writes it. */
  digest: string;
  columns: string[];
}
/** By `schema.table`; partitions are tables, and what they are partitions of is none. */
export type Tables = Record<string, Table>;

export interface Queue {
  messages: number;
  lastSequence: number;
  /** What each consumer has taken and what is left for it, by its name. */
  consumers: Record<string, { confirmed: number; unconfirmed: number; waiting: number }>;
}

const TABLES = `
  SELECT json_object_agg(format('%I.%I', n.nspname, c.relname), (
           SELECT json_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public');`;
const SEQUENCES = `SELECT json_object_agg(format('%I.%I', schemaname, sequencename), last_value) FROM pg_sequences;`;

/**
 * Every table of every schema, all as of one moment.
 * @param like only these tables' columns are compared, so that one that was added since does not count
 */
export async function tablesOf(server: Server, like: Tables = {}): Promise<Tables> {
  const found = JSON.parse(await sql(server, TABLES)) as Record<string, string[]>;
  const columns = Object.fromEntries(Object.entries(found).map(([name, all]) => [name, like[name]?.columns ?? all]));
  const each = Object.entries(columns).map(
    ([name, all]) =>
      `SELECT '${name}' AS name, count(*) AS rows, coalesce(md5(string_agg(digest, '' ORDER BY digest)), '') AS digest
         FROM (SELECT md5(ROW(${all.join(', ')})::text) AS digest FROM ${name}) each_row`,
  );
  const counted = JSON.parse(
    await sql(server, `SELECT json_agg(counted) FROM (${each.join(' UNION ALL ')}) counted;`),
  ) as (Omit<Table, 'columns'> & { name: string })[];
  return Object.fromEntries(
    counted.map(({ name, rows, digest }) => [name, { rows, digest, columns: columns[name] ?? [] }]),
  );
}

/** What each sequence has given last, by `schema.sequence`. */
export const sequencesOf = async (server: Server): Promise<Record<string, number | null>> =>
  JSON.parse(await sql(server, SEQUENCES)) as Record<string, number | null>;

/** Names of tables of which one has other rows than the other; a table that is not there counts as one without rows. */
export const changedTables = (one: Tables, other: Tables): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((name) => (one[name]?.digest ?? '') !== (other[name]?.digest ?? ''))
    .sort();

/** Rows of all tables of each schema, those left out that say which migrations have run. */
export function rowsBySchema(tables: Tables): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, { rows }] of Object.entries(tables)) {
    const [schema = '', table] = name.split('.');
    if (table !== 'migrations') sums[schema] = (sums[schema] ?? 0) + rows;
  }
  return sums;
}

interface StreamDetail {
  name: string;
  config: { storage: string };
  state: { messages: number; last_seq: number };
  consumer_detail?: {
    name: string;
    ack_floor: { consumer_seq: number };
    num_ack_pending: number;
    num_pending: number;
  }[];
}

/** Streams on the disk; what is in memory is in no backup. */
export async function queuesOf(server: Server): Promise<Record<string, Queue>> {
  const url = 'http://127.0.0.1:8222/jsz?accounts=true&streams=true&consumers=true&config=true';
  const ask = `fetch('${url}').then((reply) => reply.text()).then(console.log)`;
  const { account_details: accounts = [] } = JSON.parse(await server.inside('nats', 'node', '-e', ask)) as {
    account_details?: { stream_detail?: StreamDetail[] }[];
  };
  const streams = accounts.flatMap((account) => account.stream_detail ?? []);
  return Object.fromEntries(
    streams
      .filter(({ config }) => config.storage === 'file')
      .map(({ name, state, consumer_detail: details = [] }) => {
        const consumers = Object.fromEntries(
          details.map(({ name: consumer, ack_floor: floor, num_ack_pending: unconfirmed, num_pending: waiting }) => [
            consumer,
            { confirmed: floor.consumer_seq, unconfirmed, waiting },
          ]),
        );
        return [name, { messages: state.messages, lastSequence: state.last_seq, consumers }];
      }),
  );
}

/** SHA-256 of every file that a service keeps below a folder, and whose it is. */
export const keptBy = (server: Server, service: string, folder: string): Promise<string> => {
  const each = `find . -type f -exec stat -c '%n %a %u:%g' {} + -exec sha256sum {} + | sort`;
  return server.inside(service, 'sh', '-c', `cd "$0" && ${each}`, folder);
};

/** Every file below a folder with its mode, its owner and its SHA-256. @param leaveOut of what is directly in it */
export function filesIn(folder: string, leaveOut: RegExp): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (leaveOut.test(name.split('/')[0] ?? '')) continue;
    const path = join(folder, name);
    const { mode, uid, gid } = lstatSync(path);
    found[name] = `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${contentOf(path)}`;
  }
  return found;
}

function contentOf(path: string): string {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return `to ${readlinkSync(path)}`;
  return found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
}

/** Asks the database as its administrator. @returns rows in lines */
export async function sql(server: Server, query: string): Promise<string> {
  const id = (await server.containers()).get('postgres')?.Id;
  if (!id) throw new Error('postgres does not run');
  const psql = 'PGPASSWORD=$(cat /run/secrets/postgres-admin) exec psql -h 127.0.0.1 -U muster_admin -d postgres';
  const options = '--quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1';
  const command = ['exec', '-i', id, 'sh', '-c', `${psql} ${options}`];
  return run('docker', command, { env: server.engine.environment, input: query });
}
