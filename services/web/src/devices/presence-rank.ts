/**
 * Presence as a number, of `core.devices d`: what lists sort and filter by. An index holds it. (A comparison of enumerations
 * is not leakproof, so that behind row-level security PostgreSQL would not look a presence up in an index.)
 */
export const presenceRank = `(CASE d.presence WHEN 'online' THEN 0 WHEN 'polling' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END)`;
