import type { EntityManager } from 'typeorm';
import { identifier } from '../identifier';
import { organisationWall } from '../wall/organisation-wall';

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

/**
 * Of these reports, those that were never taken before, each once and in the order given; from now on they count as
 * taken, if the caller's transaction (of `organisationId`, at the default isolation) commits. Another transaction that
 * takes reports of the same spools waits for it. Rows are inserted and then locked in one order everywhere, so two such
 * calls cannot wait for each other, provided that a transaction makes one call only.
 */
export async function takeNew<T extends Numbered>(
  manager: EntityManager,
  schema: string,
  organisationId: string,
  reports: readonly T[],
): Promise<T[]> {
  if (reports.length === 0) return [];
  const table = `${identifier(schema)}.receipts`;
  const spools = [...new Map(reports.map((report) => [`${report.deviceId} ${report.spool}`, report])).values()];
  const keys = [organisationId, spools.map(({ deviceId }) => deviceId), spools.map(({ spool }) => spool)];
  await manager.query(
    `INSERT INTO ${table} (organisation_id, device_id, spool)
     SELECT $1, device_id, spool FROM unnest($2::uuid[], $3::uuid[]) AS given (device_id, spool)
      ORDER BY device_id, spool
     ON CONFLICT DO NOTHING`,
    keys,
  );
  await manager.query(
    `SELECT FROM ${table} r JOIN unnest($2::uuid[], $3::uuid[]) AS given (device_id, spool) USING (device_id, spool)
      WHERE r.organisation_id = $1
      ORDER BY r.device_id, r.spool
        FOR UPDATE OF r`,
    keys,
  );
  // A statement of its own: it sees what the transaction that held the locks before has committed.
  const places: Array<{ place: string }> = await manager.query(markSql(table), [
    organisationId,
    reports.map(({ deviceId }) => deviceId),
    reports.map(({ spool }) => spool),
    reports.map(({ sequence }) => sequence),
    MOST_RANGES,
  ]);
  return places.flatMap(({ place }) => reports[Number(place) - 1] ?? []);
}

/**
 * Marks what is new and returns its places. `int8range(a, a + 1)` is one number; touching ranges become one. The row's
 * multirange is read twice whatever the number of reports, since it may be large.
 */
const markSql = (table: string): string => `
  WITH given AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::int8[])
           WITH ORDINALITY AS given (device_id, spool, sequence, place)
  ), asked AS (
    SELECT device_id, spool, range_agg(int8range(sequence, sequence + 1)) AS numbers FROM given GROUP BY device_id, spool
  ), fresh AS MATERIALIZED (
    SELECT device_id, spool, a.numbers - r.received AS numbers
      FROM asked a JOIN ${table} r USING (device_id, spool)
     WHERE r.organisation_id = $1
  ), marked AS (
    UPDATE ${table} r
       SET touched_at = now(),
           received = (
             SELECT range_agg(CASE WHEN total > $5 AND number <= total - $5 + 1 THEN int8range(0, upper(stretch)) ELSE stretch END)
               FROM (SELECT stretch, number, count(*) OVER () AS total
                       FROM unnest(r.received + fresh.numbers) WITH ORDINALITY AS one (stretch, number)) AS stretches
           )
      FROM fresh
     WHERE r.organisation_id = $1 AND r.device_id = fresh.device_id AND r.spool = fresh.spool AND NOT isempty(fresh.numbers)
  )
  SELECT min(g.place) AS place
    FROM given g JOIN fresh USING (device_id, spool)
   WHERE fresh.numbers @> g.sequence
   GROUP BY g.device_id, g.spool, g.sequence
   ORDER BY place`;
