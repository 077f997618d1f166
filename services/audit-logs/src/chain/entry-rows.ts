import type { Actor, AuditDetail, AuditEntry } from '@muster/contracts';

/** Columns of `audit.entries e` as every query reads them. */
export const ENTRY_COLUMNS = `e.number::text AS number, e.at, e.actor_kind, e.actor_id, e.actor_name, e.actor_address,
  e.action, e.outcome, e.target_kind, e.target_id, e.target_name, e.details, e.correlation_id,
  encode(e.hash, 'hex') AS hash`;

export interface EntryRecord {
  number: string;
  at: Date;
  actor_kind: Actor['kind'];
  actor_id: string | null;
  actor_name: string;
  actor_address: string | null;
  action: string;
  outcome: AuditEntry['outcome'];
  target_kind: string | null;
  target_id: string | null;
  target_name: string | null;
  details: AuditDetail[];
  correlation_id: string | null;
  hash: string;
}

/** The entry of a row; what is null in the row is absent in the entry. */
export function entryOf(row: EntryRecord): AuditEntry {
  return {
    number: Number(row.number),
    at: row.at.toISOString(),
    actor: {
      kind: row.actor_kind,
      ...(row.actor_id === null ? {} : { id: row.actor_id }),
      name: row.actor_name,
      ...(row.actor_address === null ? {} : { address: row.actor_address }),
    },
    action: row.action,
    outcome: row.outcome,
    ...(row.target_kind === null
      ? {}
      : {
          target: {
            kind: row.target_kind,
            ...(row.target_id === null ? {} : { id: row.target_id }),
            ...(row.target_name === null ? {} : { name: row.target_name }),
          },
        }),
    details: row.details,
    ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    hash: row.hash,
  };
}
