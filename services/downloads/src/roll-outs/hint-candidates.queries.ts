import type { AskRelease, Principal } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import type { ReleaseRow } from '../releases/release.entity';
import { versionKey } from './roll-out';

/** A device that did not ask for so long is not there. */
const PRESENT = `interval '7 days'`;

/** Notes what a device runs; says it only where that is news, or the note has become old. */
export async function noteAgent(
  manager: EntityManager,
  { id, organisationId }: Pick<Principal, 'id' | 'organisationId'>,
  { version, platform }: AskRelease,
): Promise<void> {
  await manager.query(
    `INSERT INTO downloads.device_agents AS a (organisation_id, device_id, version, version_key, platform, asked_at)
     VALUES ($1, $2, $3, $4, $5, now())
     ON CONFLICT (organisation_id, device_id) DO UPDATE
        SET version = excluded.version, version_key = excluded.version_key, platform = excluded.platform, asked_at = now()
      WHERE a.version <> excluded.version OR a.platform <> excluded.platform OR a.asked_at < now() - interval '12 hours'`,
    [organisationId, id, version, versionKey(version), platform],
  );
}

/**
 * The next devices that would be offered a release if they asked, by the order of their ids: the same conditions as those
 * of an answer, and the same share of them as `isAmong` has.
 */
export async function hintCandidates(
  manager: EntityManager,
  { organisationId, id, platform, versionKey: key, downgradeFrom, channel, percentage, hintedThrough }: ReleaseRow,
  most: number,
): Promise<string[]> {
  const rows: Array<{ id: string }> = await manager.query(
    `SELECT a.device_id AS id FROM downloads.device_agents a
      WHERE a.organisation_id = $1 AND ($2::uuid IS NULL OR a.device_id > $2) AND a.asked_at > now() - ${PRESENT}
        AND ($3::text = 'any' OR a.platform = $3) AND (a.version_key < $4 OR a.version = ANY($5::text[]))
        AND ('x' || left(encode(sha256(convert_to($6::text || '/' || a.device_id, 'UTF8')), 'hex'), 8))::bit(32)::bigint * 100
            < $7::bigint * 4294967296
        AND ($8::text = 'stable' OR EXISTS (
          SELECT FROM downloads.device_channels c
           WHERE c.organisation_id = $1 AND c.device_id = a.device_id AND c.channel = $8))
        AND NOT EXISTS (
          SELECT FROM downloads.device_releases r
           WHERE r.organisation_id = $1 AND r.release_id = $6::uuid AND r.device_id = a.device_id AND r.state = 'failed')
      ORDER BY a.device_id LIMIT $9`,
    [organisationId, hintedThrough, platform, key, downgradeFrom, id, percentage, channel, most],
  );
  return rows.map((row) => row.id);
}
