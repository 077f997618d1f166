import { newId } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { presenceRank } from '../devices/presence-rank';

interface Match {
  device_id: string;
  equal: string[];
}

/**
 * Raises a merge question when the device looks like another one in use, about the one that it is most likely to be:
 * most identifiers equal, then not connected, then seen last. One equal system UUID, serial number or machine id
 * suffices; MAC addresses count when more than half of both devices' are the same. Nothing is asked while the device
 * already waits for an answer as a newcomer, nor ever again about a pair that has a question, answered or not.
 *
 * @returns the id of the question, or undefined when there is nothing to ask
 */
export async function askWhetherKnown(
  manager: EntityManager,
  organisationId: string,
  newcomerId: string,
): Promise<string | undefined> {
  const [match]: Match[] = await manager.query(
    `WITH own AS (
       SELECT kind, value FROM core.device_hardware WHERE organisation_id = $1 AND device_id = $2),
     hits AS (
       SELECT h.device_id, h.kind, count(*) AS number
         FROM own JOIN core.device_hardware h
           ON h.organisation_id = $1 AND h.kind = own.kind AND h.value = own.value
        WHERE h.device_id <> $2
        GROUP BY h.device_id, h.kind),
     matches AS (
       SELECT device_id, array_agg(CASE kind WHEN 'mac' THEN 'macs' ELSE kind END ORDER BY kind DESC) AS equal
         FROM hits
        WHERE kind <> 'mac'
           OR 2 * number > (SELECT count(*) FROM own WHERE kind = 'mac')
          AND 2 * number > (SELECT count(*) FROM core.device_hardware m
                             WHERE m.organisation_id = $1 AND m.device_id = hits.device_id AND m.kind = 'mac')
        GROUP BY device_id)
     SELECT d.id AS device_id, matches.equal
       FROM matches JOIN core.devices d ON d.organisation_id = $1 AND d.id = matches.device_id
      WHERE d.retired_at IS NULL
        AND NOT EXISTS (SELECT FROM core.merge_questions q
                         WHERE q.organisation_id = $1 AND q.newcomer_id = $2 AND q.answer IS NULL)
        AND NOT EXISTS (SELECT FROM core.merge_questions q
                         WHERE q.organisation_id = $1 AND q.known_id = d.id AND q.newcomer_id = $2)
        AND NOT EXISTS (SELECT FROM core.merge_questions q
                         WHERE q.organisation_id = $1 AND q.known_id = $2 AND q.newcomer_id = d.id)
      ORDER BY cardinality(matches.equal) DESC, ${presenceRank} DESC, d.last_contact_at DESC, d.id
      LIMIT 1`,
    [organisationId, newcomerId],
  );
  if (!match) return undefined;
  const id = newId();
  await manager.query(
    `INSERT INTO core.merge_questions (organisation_id, id, known_id, newcomer_id, equal) VALUES ($1, $2, $3, $4, $5)`,
    [organisationId, id, match.device_id, newcomerId, match.equal],
  );
  return id;
}

/**
 * Closes the open questions about a device that goes out of use, as nobody can answer them any more. Each device that
 * was waiting as a newcomer is compared anew with those that are left; a device that takes the retired one's place
 * (`successorId`) is compared instead of it.
 *
 * @returns the ids of the questions that changed or are new
 */
export async function closeQuestionsAbout(
  manager: EntityManager,
  organisationId: string,
  retiredId: string,
  successorId?: string,
): Promise<string[]> {
  const [closed]: [Array<{ id: string; known_id: string; newcomer_id: string }>, number] = await manager.query(
    `UPDATE core.merge_questions SET answer = 'moot', answered_at = now()
      WHERE organisation_id = $1 AND answer IS NULL AND (known_id = $2 OR newcomer_id = $2)
      RETURNING id, known_id, newcomer_id`,
    [organisationId, retiredId],
  );
  const changed = closed.map((question) => question.id);
  for (const question of closed) {
    const newcomer = question.newcomer_id === retiredId ? successorId : question.newcomer_id;
    const asked = newcomer && (await askWhetherKnown(manager, organisationId, newcomer));
    if (asked) changed.push(asked);
  }
  return changed;
}
