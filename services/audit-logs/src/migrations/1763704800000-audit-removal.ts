import { CURRENT_ORGANISATION, rolesOf } from '@muster/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { removal as removalBefore } from './1763697600000-audit';

const { owner } = rolesOf('audit');

/**
 * The removal of expired entries goes through the wall instead of taking it down for a moment: it holds up nobody but
 * who appends to the same chain, and takes its locks in the order in which appending does. The policies give the owner
 * of the schema no more than the current organisation's rows; the service's role gets nothing by them.
 */
export class AuditRemoval1763704800000 implements MigrationInterface {
  readonly name = 'AuditRemoval1763704800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, command] of POLICIES) {
      await runner.query(`CREATE POLICY removal_${command.toLowerCase()} ON audit.${table} FOR ${command} TO ${owner}
        USING (organisation_id = ${CURRENT_ORGANISATION})`);
    }
    await runner.query(removal);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit.remove_expired(timestamptz, integer)');
    await runner.query(removalBefore);
    for (const [table, command] of POLICIES) {
      await runner.query(`DROP POLICY removal_${command.toLowerCase()} ON audit.${table}`);
    }
  }
}

/** UPDATE on chains: without it no row can be locked. */
const POLICIES = [
  ['chains', 'SELECT'],
  ['chains', 'UPDATE'],
  ['entries', 'SELECT'],
  ['entries', 'DELETE'],
  ['heads', 'SELECT'],
  ['heads', 'DELETE'],
] as const;

/**
 * Removes the oldest entries of the current organisation up to a head, the checkpoint, that has been stored since before
 * `older_than`, and the heads before that one; at most about `most` entries, and at least up to the next head. Gives the
 * checkpoint and the number of entries removed, or nothing. Never what a head of the last 30 days covers alone.
 *
 * The chain's row is locked first, as `Chain.append` does, which the caller does next in the same transaction.
 */
const removal = `
CREATE OR REPLACE FUNCTION audit.remove_expired(older_than timestamptz, most integer)
  RETURNS TABLE (checkpoint bigint, removed bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  current uuid := ${CURRENT_ORGANISATION};
  first bigint;
BEGIN
  IF older_than IS NULL OR older_than > now() - interval '30 days' THEN
    RAISE EXCEPTION 'audit entries are kept for 30 days at least' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM FROM audit.chains c WHERE c.organisation_id = current FOR UPDATE;
  SELECT min(e.number) INTO first FROM audit.entries e WHERE e.organisation_id = current;
  SELECT COALESCE(max(h.number) FILTER (WHERE h.number < first + most), min(h.number)) INTO checkpoint
    FROM audit.heads h WHERE h.organisation_id = current AND h.number >= first AND h.stored_at <= older_than;
  IF checkpoint IS NOT NULL THEN
    DELETE FROM audit.entries e WHERE e.organisation_id = current AND e.number <= checkpoint;
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM audit.heads h WHERE h.organisation_id = current AND h.number < checkpoint;
    RETURN NEXT;
  END IF;
END $$`;
