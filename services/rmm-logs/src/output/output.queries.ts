import type { Output as OutputPage, OutputChunk } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { inParts } from '../reports/by-organisation';

/** Rows in one statement. */
const ROWS = 1_000;
/** One reply holds at most so many pieces, and not many more bytes than these. */
const PAGE_PIECES = 500;
const PAGE_BYTES = 1_000_000;

export interface Piece extends OutputChunk {
  operationId: string;
  deviceId: string;
}
export interface Output {
  operationId: string;
  deviceId: string;
  bytes: number;
  cutFrom: number | null;
}

/** The outputs that the pieces belong to, made if need be and locked, all in one order. By operation and device. */
export async function lockOutputs(
  manager: EntityManager,
  organisationId: string,
  pieces: readonly Piece[],
): Promise<Map<string, Output>> {
  const keys = [...new Map(pieces.map((piece) => [`${piece.operationId} ${piece.deviceId}`, piece])).values()];
  const parameters = [organisationId, keys.map(({ operationId }) => operationId), keys.map(({ deviceId }) => deviceId)];
  await manager.query(
    `INSERT INTO rmm_logs.outputs (organisation_id, operation_id, device_id)
     SELECT $1, operation_id, device_id FROM unnest($2::uuid[], $3::uuid[]) AS given (operation_id, device_id)
      ORDER BY operation_id, device_id
     ON CONFLICT DO NOTHING`,
    parameters,
  );
  const rows = await manager.query<
    Array<{ operation_id: string; device_id: string; bytes: string; cut_from: number | null }>
  >(
    `SELECT o.operation_id, o.device_id, o.bytes, least(o.cut_from, o.cut_at) AS cut_from
       FROM rmm_logs.outputs o JOIN unnest($2::uuid[], $3::uuid[]) AS given (operation_id, device_id) USING (operation_id, device_id)
      WHERE o.organisation_id = $1
      ORDER BY o.operation_id, o.device_id FOR UPDATE OF o`,
    parameters,
  );
  return new Map(
    rows.map(({ operation_id, device_id, bytes, cut_from }) => [
      `${operation_id} ${device_id}`,
      { operationId: operation_id, deviceId: device_id, bytes: Number(bytes), cutFrom: cut_from },
    ]),
  );
}

/** @returns those that were not stored before */
export async function insertPieces(
  manager: EntityManager,
  organisationId: string,
  pieces: readonly Piece[],
): Promise<Piece[]> {
  const fresh: Piece[] = [];
  for (const part of inParts(pieces, ROWS)) {
    const rows = await manager.query<Array<{ operation_id: string; device_id: string; number: number }>>(
      `INSERT INTO rmm_logs.output_pieces (organisation_id, operation_id, device_id, number, error, text)
       SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::integer[], $5::boolean[], $6::text[])
       ON CONFLICT DO NOTHING
       RETURNING operation_id, device_id, number`,
      [
        organisationId,
        part.map(({ operationId }) => operationId),
        part.map(({ deviceId }) => deviceId),
        part.map(({ number }) => number),
        part.map(({ stream }) => stream === 'stderr'),
        part.map(({ text }) => text),
      ],
    );
    const inserted = new Set(rows.map((row) => `${row.operation_id} ${row.device_id} ${row.number}`));
    fresh.push(...part.filter((one) => inserted.has(`${one.operationId} ${one.deviceId} ${one.number}`)));
  }
  return fresh;
}

/**
 * Cuts an output where it goes beyond the limit, in the order of numbers and not of arrival: output with a hole in the
 * middle misleads. What came is cut at the same place in whatever order it came.
 */
export async function trim(
  manager: EntityManager,
  organisationId: string,
  { operationId, deviceId }: Output,
  limit: number,
): Promise<Pick<Output, 'bytes' | 'cutFrom'>> {
  const key = [organisationId, operationId, deviceId];
  const [cut] = await manager.query<Array<{ cut_from: number; bytes: string }>>(
    `SELECT number AS cut_from, total - size AS bytes
       FROM (SELECT number, octet_length(text) AS size, sum(octet_length(text)) OVER (ORDER BY number) AS total
               FROM rmm_logs.output_pieces WHERE organisation_id = $1 AND operation_id = $2 AND device_id = $3) AS piece
      WHERE total > $4 ORDER BY number LIMIT 1`,
    [...key, limit],
  );
  if (!cut) throw new Error('an output counts more bytes than its pieces have');
  await manager.query(
    `DELETE FROM rmm_logs.output_pieces
      WHERE organisation_id = $1 AND operation_id = $2 AND device_id = $3 AND number >= $4`,
    [...key, cut.cut_from],
  );
  return { bytes: Number(cut.bytes), cutFrom: cut.cut_from };
}

export async function saveOutputs(
  manager: EntityManager,
  organisationId: string,
  outputs: readonly Output[],
): Promise<void> {
  await manager.query(
    `UPDATE rmm_logs.outputs o SET bytes = given.bytes, cut_from = given.cut_from, cut_at = given.cut_from
       FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::integer[]) AS given (operation_id, device_id, bytes, cut_from)
      WHERE o.organisation_id = $1 AND o.operation_id = given.operation_id AND o.device_id = given.device_id`,
    [
      organisationId,
      outputs.map(({ operationId }) => operationId),
      outputs.map(({ deviceId }) => deviceId),
      outputs.map(({ bytes }) => bytes),
      outputs.map(({ cutFrom }) => cutFrom),
    ],
  );
}

/** Counts what devices hand in today (UTC). @returns bytes of today, by device */
export async function countToday(
  manager: EntityManager,
  organisationId: string,
  added: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  if (added.size === 0) return new Map();
  const rows = await manager.query<Array<{ device_id: string; bytes: string }>>(
    `INSERT INTO rmm_logs.output_days AS counted (organisation_id, device_id, day, bytes)
     SELECT $1, device_id, (now() AT TIME ZONE 'UTC')::date, bytes
       FROM unnest($2::uuid[], $3::bigint[]) AS given (device_id, bytes) ORDER BY device_id
     ON CONFLICT (organisation_id, device_id) DO UPDATE
        SET day = excluded.day,
            bytes = excluded.bytes + CASE WHEN counted.day = excluded.day THEN counted.bytes ELSE 0 END
     RETURNING device_id, bytes`,
    [organisationId, [...added.keys()], [...added.values()]],
  );
  return new Map(rows.map(({ device_id, bytes }) => [device_id, Number(bytes)]));
}

/** Cuts an output before a piece: that one and what comes after it are not kept. */
export async function cutBefore(
  manager: EntityManager,
  organisationId: string,
  { operationId, deviceId }: Output,
  number: number,
): Promise<Pick<Output, 'bytes' | 'cutFrom'>> {
  const key = [organisationId, operationId, deviceId];
  const place = 'organisation_id = $1 AND operation_id = $2 AND device_id = $3';
  await manager.query(`DELETE FROM rmm_logs.output_pieces WHERE ${place} AND number >= $4`, [...key, number]);
  const [kept] = await manager.query<Array<{ bytes: string }>>(
    `SELECT coalesce(sum(octet_length(text)), 0) AS bytes FROM rmm_logs.output_pieces WHERE ${place}`,
    key,
  );
  return { bytes: Number(kept?.bytes), cutFrom: number };
}

/** The device under which an operation's output is kept: this one, or one that became it. No other's is looked at. */
async function printedOn(
  manager: EntityManager,
  { organisationId, operationId, deviceId }: { organisationId: string; operationId: string; deviceId: string },
): Promise<string> {
  const [found] = await manager.query<Array<{ device_id: string }>>(
    `WITH RECURSIVE same AS (
       SELECT $3::uuid AS id
       UNION
       SELECT m.device_id FROM same JOIN rmm_logs.merged_devices m ON m.organisation_id = $1 AND m.successor_id = same.id)
     SELECT device_id FROM rmm_logs.outputs
      WHERE organisation_id = $1 AND operation_id = $2 AND device_id = ANY(ARRAY(SELECT id FROM same))
      ORDER BY device_id = $3 DESC LIMIT 1`,
    [organisationId, operationId, deviceId],
  );
  return found?.device_id ?? deviceId;
}

/** Pieces from a number onwards. Of nothing known there is nothing: whether there is such an operation is not said here. */
export async function readOutput(
  manager: EntityManager,
  key: { organisationId: string; operationId: string; deviceId: string },
  from: number,
): Promise<OutputPage> {
  const { organisationId, operationId } = key;
  const parameters = [organisationId, operationId, await printedOn(manager, key)];
  const rows = await manager.query<Array<{ number: number; error: boolean; text: string; more: boolean }>>(
    `SELECT number, error, text, more
       FROM (SELECT number, error, text, lead(number) OVER by_number IS NOT NULL AS more,
                    sum(octet_length(text)) OVER by_number - octet_length(text) AS before
               FROM (SELECT number, error, text FROM rmm_logs.output_pieces
                      WHERE organisation_id = $1 AND operation_id = $2 AND device_id = $3 AND number >= $4
                      ORDER BY number LIMIT ${PAGE_PIECES + 1}) AS piece
             WINDOW by_number AS (ORDER BY number)) AS counted
      WHERE before < ${PAGE_BYTES} ORDER BY number LIMIT ${PAGE_PIECES}`,
    [...parameters, from],
  );
  const [output] = await manager.query<Array<{ cut_from: number | null }>>(
    `SELECT least(cut_from, cut_at) AS cut_from FROM rmm_logs.outputs
      WHERE organisation_id = $1 AND operation_id = $2 AND device_id = $3`,
    parameters,
  );
  return {
    pieces: rows.map(({ number, error, text }) => ({ number, stream: error ? 'stderr' : 'stdout', text })),
    more: rows.at(-1)?.more ?? false,
    truncated: typeof output?.cut_from === 'number',
  };
}
