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

/** What a table is for. What is not named here is the rest: `core`. */
const KINDS = {
  samples: ['rmm_logs.samples'],
  logs: ['rmm_logs.logs'],
  output: ['rmm_logs.outputs', 'rmm_logs.output_pieces'],
  inventory: [
    'plugins.sections',
    'plugins.parts',
    'plugins.products',
    'plugins.titles',
    'plugins.installed',
    'plugins.changes',
  ],
  audit: ['audit.entries', 'audit.heads', 'audit.chains', 'audit.delegations'],
  bookkeeping: ['rmm_logs.receipts', 'plugins.receipts', 'audit.receipts', 'rmm_logs.hours_due', 'plugins.waiting'],
};
const HOUR = 3600;
const DAY = 86_400;

/**
 * Growth per device and day by kind. Samples of a finished hour are packed (their rows go, and room is used again): what a day
 * leaves is 24 packed hours. The rows of the running hour are bytes that stand, whatever the day.
 * `bytes`: growth by table while `samples` samples were stored. `packed`: bytes of one packed hour.
 */
export function storageOf(bytes, samples, samplesPerSecond, packed) {
  const perSample = (kind) => KINDS[kind].reduce((sum, table) => sum + (bytes[table] ?? 0), 0) / Math.max(1, samples);
  const perDay = (kind) => Math.round(perSample(kind) * samplesPerSecond * DAY);
  const named = new Set(Object.values(KINDS).flat());
  // Samples whose hour was packed during the load.
  const aside = new Set(['rmm_logs.sample_hours', 'rmm_logs.samples_hourly']);
  const rest = Object.entries(bytes).filter(([table]) => !named.has(table) && !aside.has(table));
  const core = rest.reduce((sum, [, grown]) => sum + grown, 0);
  const others = ['logs', 'output', 'inventory', 'audit', 'bookkeeping'].map((kind) => [kind, perDay(kind)]);
  return {
    bytesPerDevicePerDay: {
      samples: packed * 24,
      ...Object.fromEntries(others),
      core: Math.round((core / Math.max(1, samples)) * samplesPerSecond * DAY),
    },
    bytesPerDeviceInRunningHour: Math.round(perSample('samples') * samplesPerSecond * HOUR),
  };
}
