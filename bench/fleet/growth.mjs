/** Bytes of every table of the suite by its name, with partitions and indexes. */
export async function tableBytes(client) {
  const { rows } = await client.query(`
    SELECT n.nspname || '.' || c.relname AS name,
           (SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t) AS parts,
           pg_total_relation_size(c.oid) AS own
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('rmm_logs', 'audit', 'plugins', 'core', 'identity')
       AND c.relkind IN ('r', 'p') AND NOT c.relispartition`);
  return new Map(rows.map(({ name, parts, own }) => [name, Number(parts ?? own)]));
}

/** What grew between two looks, largest first: [table, bytes]. */
export const growth = (before, after) =>
  [...after]
    .map(([name, bytes]) => [name, bytes - (before.get(name) ?? 0)])
    .filter(([, bytes]) => bytes > 0)
    .sort(([, left], [, right]) => right - left);
