import { AppError } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { afterCommit } from '../after-commit';
import { logOf } from '../data-source';
import { identifier } from '../identifier';
import { organisationWall } from '../wall/organisation-wall';
import { multirangeOf, readMultirange, type Stretch, stretchesOf, within } from './stretches';

/** What tells a report from every other: a device, its spool, the number in it. */
export interface Numbered {
  deviceId: string;
  spool: string;
  sequence: number;
}

/**
 * Most stretches of numbers that a spool's row holds. Reports come nearly in order, so a healthy row has one or two; while
 * one kind of report is handled far ahead of another out of the same spool, it has as many as the spool alternates. At more
 * than these the oldest gaps are closed: what would fill them counts as received. It bounds the row at about 200 KB,
 * whatever a device sends, and is well above what a device can have kept during a week away.
 */
export const MOST_RANGES = 10_000;

/**
 * SQL statements for a migration: the table by which a service that takes in reports recognises repetitions, one row for
 * each spool, for as long as the organisation has it. The columns that change are in no index and pages keep room, so
 * that updates stay within their page (HOT).
 */
export function receiptsTable(schema: string): string[] {
  const name = `${identifier(schema)}.receipts`;
  return [
    `CREATE TABLE ${name} (
       organisation_id uuid NOT NULL,
       device_id uuid NOT NULL,
       spool uuid NOT NULL,
       received int8multirange NOT NULL DEFAULT '{}',
       touched_at timestamptz NOT NULL DEFAULT now(),
       CONSTRAINT receipts_pkey PRIMARY KEY (organisation_id, device_id, spool)
     ) WITH (fillfactor = 60)`,
    ...organisationWall(schema, 'receipts'),
  ];
}

/** The numbers of one spool in a call, and what the database says of them. */
interface Spool {
  deviceId: string;
  spool: string;
  numbers: Set<number>;
  repeated: readonly Stretch[];
}

/**
 * Of these reports, those that were never taken before, each once and in the order given; from now on they count as
 * taken, if the caller's transaction (of `organisationId`, at the default isolation) commits. Another transaction that
 * takes reports of the same spools waits for it. Rows are inserted and then locked in one order everywhere, and nothing is
 * locked while one is to be inserted, so two such calls cannot wait for each other, provided that a transaction makes one
 * call only.
 * @throws AppError `unavailable` when a row was removed at this very moment: the same call succeeds the next time
 */
export async function takeNew<T extends Numbered>(
  manager: EntityManager,
  schema: string,
  organisationId: string,
  reports: readonly T[],
): Promise<T[]> {
  if (reports.length === 0) return [];
  const table = `${identifier(schema)}.receipts`;
  const spools = spoolsOf(reports);
  const asked = [...spools.values()];
  const keys = [organisationId, asked.map(({ deviceId }) => deviceId), asked.map(({ spool }) => spool)];
  const numbers = asked.map((one) => multirangeOf(stretchesOf(one.numbers)));
  const mark = async (): Promise<Marked> => {
    const [marked]: [Marked] = await manager.query(markSql(table), [...keys, numbers, asked.length, MOST_RANGES]);
    return marked;
  };
  let marked = await mark();
  if (marked.found === 0) {
    await manager.query(insertSql(table), keys);
    // A statement of its own: it sees what the transaction that it waited for has committed.
    marked = await mark();
  }
  if (marked.found < asked.length) throw new AppError('unavailable', 'Receipts were removed meanwhile. Try again.');
  for (const { place, repeated, closed } of marked.remarkable ?? []) {
    const one = asked[place - 1];
    if (!one) continue;
    one.repeated = readMultirange(repeated);
    if (closed) afterCommit(manager, () => tellClosed(manager, organisationId, one));
  }
  return reports.filter((report) => {
    const one = spools.get(keyOf(report));
    return one?.numbers.delete(report.sequence) && !within(one.repeated, report.sequence);
  });
}

const keyOf = ({ deviceId, spool }: Numbered): string => `${deviceId} ${spool}`.toLowerCase();

function spoolsOf(reports: readonly Numbered[]): Map<string, Spool> {
  const spools = new Map<string, Spool>();
  for (const report of reports) {
    const key = keyOf(report);
    const known = spools.get(key);
    if (known) known.numbers.add(report.sequence);
    else {
      const { deviceId, spool, sequence } = report;
      spools.set(key, { deviceId, spool, numbers: new Set([sequence]), repeated: [] });
    }
  }
  return spools;
}

function tellClosed(manager: EntityManager, organisationId: string, { deviceId, spool }: Spool): void {
  logOf(manager.connection)(
    'warn',
    { organisationId, deviceId, spool, mostRanges: MOST_RANGES },
    'A spool has too many gaps. The oldest are closed: reports that would fill them will count as received.',
  );
}

interface Marked {
  /** Rows that are locked and marked: none while one of those that were asked for is missing. */
  found: number;
  /** Spools of which numbers had come before, or gaps were closed; `place` counts from 1. */
  remarkable: Array<{ place: number; repeated: string; closed: boolean }> | null;
}

const insertSql = (table: string): string => `
  INSERT INTO ${table} (organisation_id, device_id, spool)
  SELECT $1, device_id, spool FROM unnest($2::uuid[], $3::uuid[]) AS given (device_id, spool)
   WHERE NOT EXISTS (SELECT FROM ${table} r
                      WHERE r.organisation_id = $1 AND r.device_id = given.device_id AND r.spool = given.spool)
   ORDER BY device_id, spool
  ON CONFLICT DO NOTHING`;

/**
 * Locks and marks at once, if all rows are there. `locked` has what the transaction that held a lock before has committed,
 * which FOR UPDATE reads again. A stretch takes at least 16 bytes, so that only rows which may have too many are counted:
 * the others are two or three stretches, and the next number is added to the last.
 */
const markSql = (table: string): string => `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::int8multirange[])
           WITH ORDINALITY AS asked (device_id, spool, numbers, place)
  ), locked AS MATERIALIZED (
    SELECT r.device_id, r.spool, r.received, a.numbers, a.place
      FROM asked a JOIN ${table} r ON r.organisation_id = $1 AND r.device_id = a.device_id AND r.spool = a.spool
     WHERE $5 = (SELECT count(*) FROM asked a
                   JOIN ${table} r ON r.organisation_id = $1 AND r.device_id = a.device_id AND r.spool = a.spool)
     ORDER BY r.device_id, r.spool
       FOR UPDATE OF r
  ), merged AS MATERIALIZED (
    SELECT device_id, spool, place, numbers * received AS repeated, numbers <@ received AS known, received + numbers AS all_numbers
      FROM locked
  ), counted AS MATERIALIZED (
    SELECT *, pg_column_size(all_numbers) > $6 * 16
              AND (SELECT count(*) FROM unnest(all_numbers)) > $6 AS closed
      FROM merged
  ), marked AS (
    UPDATE ${table} r
       SET touched_at = now(),
           received = CASE WHEN NOT c.closed THEN c.all_numbers ELSE (
             SELECT range_agg(CASE WHEN number <= total - $6 + 1 THEN int8range(0, upper(stretch)) ELSE stretch END)
               FROM (SELECT stretch, number, count(*) OVER () AS total
                       FROM unnest(c.all_numbers) WITH ORDINALITY AS one (stretch, number)) AS stretches
           ) END
      FROM counted c
     WHERE r.organisation_id = $1 AND r.device_id = c.device_id AND r.spool = c.spool AND NOT c.known
  )
  SELECT count(*)::int AS found,
         json_agg(json_build_object('place', place, 'repeated', repeated::text, 'closed', closed))
           FILTER (WHERE closed OR NOT isempty(repeated)) AS remarkable
    FROM counted`;
