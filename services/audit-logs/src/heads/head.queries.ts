import { createHash } from 'node:crypto';
import type { AuditHead, AuditHeads, CursorQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { numberOf } from '../query/cursor';

const DEFAULT_SIZE = 100;

/** A head as it is stored: under a number that anybody who writes to the table could have chosen. */
export interface StoredHead extends AuditHead {
  number: number;
}

interface HeadRecord {
  number: string;
  payload: string;
  signature: string;
  chain: string[];
}

const SELECT = `SELECT h.number::text AS number, h.payload, h.signature, COALESCE(d.chain, '[]') AS chain
  FROM audit.heads h LEFT JOIN audit.delegations d ON d.digest = h.delegation_digest WHERE h.organisation_id = $1`;

const headOf = ({ number, payload, signature, chain }: HeadRecord): StoredHead => ({
  number: Number(number),
  payload,
  signature,
  delegation: chain,
});

/** A page of heads, newest first. */
export async function listHeads(
  manager: EntityManager,
  organisationId: string,
  { after, size = DEFAULT_SIZE }: CursorQuery,
): Promise<AuditHeads> {
  const before = after === undefined ? Number.MAX_SAFE_INTEGER : numberOf(after);
  const rows: HeadRecord[] = await manager.query(`${SELECT} AND h.number < $2 ORDER BY h.number DESC LIMIT $3`, [
    organisationId,
    before,
    size + 1,
  ]);
  const heads = rows.slice(0, size).map(headOf);
  return { heads, ...(rows.length > size ? { next: String(heads.at(-1)?.number) } : {}) };
}

/** Heads from one number to another, both included, oldest first. */
export async function headsBetween(
  manager: EntityManager,
  organisationId: string,
  from: number,
  to: number,
): Promise<StoredHead[]> {
  const rows: HeadRecord[] = await manager.query(`${SELECT} AND h.number BETWEEN $2 AND $3 ORDER BY h.number`, [
    organisationId,
    from,
    to,
  ]);
  return rows.map(headOf);
}

/** Stores a head, once for each number, and notes how far the chain is signed. */
export async function storeHead(
  manager: EntityManager,
  organisationId: string,
  { number, payload, signature, delegation }: StoredHead,
): Promise<void> {
  const digest = createHash('sha256').update(delegation.join('\n')).digest('hex');
  await manager.query('INSERT INTO audit.delegations (digest, chain) VALUES ($1, $2::jsonb) ON CONFLICT DO NOTHING', [
    digest,
    JSON.stringify(delegation),
  ]);
  await manager.query(
    `INSERT INTO audit.heads (organisation_id, number, payload, signature, delegation_digest)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [organisationId, number, payload, signature, digest],
  );
  await manager.query(
    `UPDATE audit.chains SET signed_number = GREATEST(signed_number, $2),
            unsigned_since = CASE WHEN last_number > $2 THEN now() END
      WHERE organisation_id = $1`,
    [organisationId, number],
  );
}
