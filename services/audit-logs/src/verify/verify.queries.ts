import type { AuditEntry } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { ENTRY_COLUMNS, entryOf, type EntryRecord } from '../chain/entry-rows';

/** How a chain looks at one moment. Numbers are 0 where there is nothing. */
export interface ChainEnds {
  /** Oldest and newest entry. */
  first: number;
  last: number;
  /** Where the chain's own record says that it ends; absent when there is no record. */
  recorded?: { number: number; hash: string };
  /** Newest entry of which a head is stored. */
  lastHead: number;
}

/** In one statement, so that what is appended meanwhile is in all of it or in none. */
export async function chainEnds(manager: EntityManager, organisationId: string): Promise<ChainEnds> {
  const [row]: Array<Record<'first' | 'last' | 'recorded' | 'hash' | 'head', string | null>> = await manager.query(
    `SELECT (SELECT min(number)::text FROM audit.entries WHERE organisation_id = $1) AS first,
            (SELECT max(number)::text FROM audit.entries WHERE organisation_id = $1) AS last,
            (SELECT max(number)::text FROM audit.heads WHERE organisation_id = $1) AS head,
            c.last_number::text AS recorded, encode(c.last_hash, 'hex') AS hash
       FROM (SELECT 1) one LEFT JOIN audit.chains c ON c.organisation_id = $1`,
    [organisationId],
  );
  return {
    first: Number(row?.first ?? 0),
    last: Number(row?.last ?? 0),
    lastHead: Number(row?.head ?? 0),
    ...(row?.recorded ? { recorded: { number: Number(row.recorded), hash: row.hash ?? '' } } : {}),
  };
}

/** Entries from a number on, in their order. */
export async function entriesFrom(
  manager: EntityManager,
  organisationId: string,
  from: number,
  most: number,
): Promise<AuditEntry[]> {
  const rows: EntryRecord[] = await manager.query(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries e WHERE e.organisation_id = $1 AND e.number >= $2
      ORDER BY e.number LIMIT $3`,
    [organisationId, from, most],
  );
  return rows.map(entryOf);
}

export async function hashOfEntry(
  manager: EntityManager,
  organisationId: string,
  number: number,
): Promise<string | undefined> {
  const [row]: Array<{ hash: string }> = await manager.query(
    `SELECT encode(hash, 'hex') AS hash FROM audit.entries WHERE organisation_id = $1 AND number = $2`,
    [organisationId, number],
  );
  return row?.hash;
}

/** Whether an entry that is still kept says that the ones up to this number were removed when their time was over. */
export async function isRecordedAsExpired(
  manager: EntityManager,
  organisationId: string,
  checkpoint: number,
): Promise<boolean> {
  const [row]: Array<{ found: boolean }> = await manager.query(
    `SELECT EXISTS (SELECT FROM audit.entries WHERE organisation_id = $1 AND action = 'audit.expired'
                       AND actor_kind = 'system' AND target_id = $2) AS found`,
    [organisationId, String(checkpoint)],
  );
  return row?.found ?? false;
}
