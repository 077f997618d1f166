/**
 * A device needs attention while a merge question about it is open, or when an operation failed on it within a day.
 * As SQL: once for the row `d` of a page, once as the set of ids that filters and counts use.
 */
export const needsAttention = `(
  EXISTS (SELECT FROM core.merge_questions q
           WHERE q.organisation_id = d.organisation_id AND q.known_id = d.id AND q.answer IS NULL)
  OR EXISTS (SELECT FROM core.merge_questions q
              WHERE q.organisation_id = d.organisation_id AND q.newcomer_id = d.id AND q.answer IS NULL)
  OR EXISTS (SELECT FROM core.operations o
              WHERE o.organisation_id = d.organisation_id AND o.device_id = d.id
                AND o.state = 'ERROR' AND o.changed_at > now() - interval '1 day'))`;

/** Ids of the devices of organisation `$1` that need attention. */
export const devicesNeedingAttention = `
  SELECT known_id FROM core.merge_questions WHERE organisation_id = $1 AND answer IS NULL
  UNION SELECT newcomer_id FROM core.merge_questions WHERE organisation_id = $1 AND answer IS NULL
  UNION SELECT device_id FROM core.operations
         WHERE organisation_id = $1 AND state = 'ERROR' AND changed_at > now() - interval '1 day'`;
