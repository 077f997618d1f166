import { EntityManager } from 'typeorm';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { eventsOf } from '../testing/events-of';
import { fillFleet } from '../testing/fleet';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { debianPackage, SimulatedInventory } from '../testing/simulated-inventory';
import { InventoryStore } from '../store/inventory-store';

let plugins: PluginsUnderTest;
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
  // Another organisation's rows only, and the statistics of them.
  const size = { devices: 300, software: 150, products: 10_000, versions: 4, changes: 0 };
  await fillFleet(plugins.admin, { organisationId: uuidOf('known'), ...size });
  await plugins.admin.query(
    `INSERT INTO plugins.sections (organisation_id, device_id, section, collected_at, spool, sequence, complete, item_count, items, unreadable)
     SELECT organisation_id, id, 'section ' || n, now(), id, n, true, 0, '[]', '[]' FROM plugins.devices, generate_series(1, 20) n`,
  );
  await plugins.admin.query(
    `INSERT INTO plugins.waiting SELECT organisation_id, id, id, n, now() FROM plugins.devices, generate_series(1, 20) n`,
  );
  await plugins.admin.query('ANALYZE');
}, 240_000);
afterAll(() => plugins?.stop());
afterEach(() => vi.restoreAllMocks());

interface Plan {
  'Node Type': string;
  'Parent Relationship'?: string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Join Filter'?: string;
  Plans?: Plan[];
}
interface Read {
  sql: string;
  index: string;
  condition: string;
  /** On the inner side of a nested loop: once for each package. */
  repeated: boolean;
}
const TABLES = ['products', 'titles', 'installed', 'sections', 'waiting'];
/** What each index must be asked for, besides the organisation, by what is read once for each package. */
const LOOKS: Record<string, RegExp> = {
  ux_products_name: /source = .*name = /,
  pk_products: /\bid = /,
  ux_titles_version: /product_id = .*version = /,
  pk_titles: /\bid = /,
  pk_installed: /device_id = .*key = /,
  ix_installed_title: /title_id = .*device_id = /,
  pk_sections: /device_id = .*section = /,
  pk_waiting: /device_id = .*spool = .*sequence = /,
};
const query: (...given: Parameters<EntityManager['query']>) => Promise<Array<{ 'QUERY PLAN': Array<{ Plan: Plan }> }>> =
  Reflect.get(EntityManager.prototype, 'query');

/** How these tables are read by everything that is stored from now on, planned in the very transaction that runs it. */
function watchPlans(): Read[] {
  const reads: Read[] = [];
  vi.spyOn(EntityManager.prototype, 'query').mockImplementation(async function (
    this: EntityManager,
    sql: string,
    parameters?: Parameters<EntityManager['query']>[1],
  ): Promise<unknown> {
    if (/plugins\.(products|titles|installed|sections|waiting)\b/.test(sql)) {
      const [row] = await query.call(this, `EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      for (const { Plan: plan } of row?.['QUERY PLAN'] ?? []) reads.push(...readsOf(plan, sql, false));
    }
    return query.call(this, sql, parameters);
  });
  return reads;
}

function readsOf(node: Plan, sql: string, repeated: boolean): Read[] {
  const { 'Node Type': type, 'Index Name': index = '', 'Index Cond': condition = '' } = node;
  // What a bitmap looks for, the index scan beneath it says.
  const reads = index !== '' || (type.endsWith(' Scan') && TABLES.includes(node['Relation Name'] ?? ''));
  const beneath = (node.Plans ?? []).flatMap((plan) => {
    const inner = type === 'Nested Loop' && plan['Parent Relationship'] === 'Inner';
    return readsOf(plan, sql, repeated || inner);
  });
  // Rows in memory, each compared with each.
  if (type === 'Nested Loop' && node['Join Filter'])
    beneath.push({ sql, index, condition: node['Join Filter'], repeated: true });
  return reads && type !== 'Bitmap Heap Scan' ? [{ sql, index, condition, repeated }, ...beneath] : beneath;
}

/** What grows with the square of an inventory. */
const quadratic = (reads: readonly Read[]): Read[] =>
  reads.filter(({ index, condition, repeated }) => repeated && !LOOKS[index]?.test(condition));
/** What reads rows of other organisations too. */
const passes = (reads: readonly Read[]): Read[] =>
  reads.filter(({ condition, repeated }) => !repeated && !condition.includes('organisation_id = '));
const looks = (reads: readonly Read[]): string[] => reads.filter(({ repeated }) => repeated).map(({ index }) => index);

it.each([
  ['a small inventory', 60],
  ['a large one', 3000],
])('finds what an organisation unknown to the statistics has by whole keys: %s', async (_, size) => {
  const organisationId = uuidOf();
  const deviceId = uuidOf();
  const store = plugins.app.get(InventoryStore);
  const inventory = new SimulatedInventory();
  const packages = Array.from({ length: size }, (_, place) => debianPackage(`new-${place}`, `1.${place}`));
  inventory.set('software', packages);
  const events = (reports: object[]) => eventsOf(organisationId, deviceId, inventory.spool, reports);

  const first = watchPlans();
  await store.store(organisationId, events(inventory.snapshot('software')));
  expect(quadratic(first)).toEqual([]);
  const wanted = ['ux_products_name', 'ux_titles_version', 'ix_installed_title', 'pk_sections', 'pk_waiting'];
  expect(looks(first)).toEqual(expect.arrayContaining(wanted));
  // Counting a large share of a table may be cheaper in one pass, which is linear.
  if (size < 100) expect(passes(first)).toEqual([]);
  vi.restoreAllMocks();

  const next = watchPlans();
  for (const { name } of packages.slice(0, 50)) inventory.put('software', debianPackage(String(name), '2'));
  inventory.remove('software', 'dpkg:new-55:amd64');
  await store.store(organisationId, events(inventory.difference('software')));
  expect(quadratic(next)).toEqual([]);
  expect(passes(next)).toEqual([]);
  expect(looks(next)).toEqual(expect.arrayContaining(['pk_installed', 'pk_titles', 'pk_products']));

  const rows = await plugins.rows<{ digest: string }>(
    `SELECT encode(digest, 'hex') AS digest FROM plugins.sections WHERE device_id = $1`,
    [deviceId],
  );
  expect(rows).toEqual([{ digest: inventory.digest('software') }]);
});
