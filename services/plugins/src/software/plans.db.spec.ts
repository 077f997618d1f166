import { Database } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changesSql } from '../changes/changes.queries';
import { fillFleet } from '../testing/fleet';
import { uuidOf } from '../testing/neighbours';
import { PluginsUnderTest } from '../testing/plugins-under-test';
import { deviceSoftwareSql } from './device-software.queries';
import { productsSql } from './products.queries';
import { installationsSql } from './software-search.queries';

const organisation = uuidOf('plans');
let plugins: PluginsUnderTest;
let device = '';
let titles: string[] = [];
beforeAll(async () => {
  plugins = await PluginsUnderTest.start();
  const size = { devices: 2000, software: 150, products: 10_000, versions: 4, changes: 100_000 };
  await fillFleet(plugins.admin, { organisationId: organisation, ...size });
  device = (await plugins.rows<{ id: string }>('SELECT id FROM plugins.devices LIMIT 1'))[0]?.id ?? '';
  titles = (
    await plugins.rows<{ id: string }>(
      `SELECT t.id FROM plugins.titles t JOIN plugins.products p ON p.id = t.product_id WHERE p.name = 'openssl'`,
    )
  ).map(({ id }) => id);
}, 240_000);
afterAll(() => plugins?.stop());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** How the service's own role, behind the wall, reads; and how many rows of each table it looked at. */
async function planOf(
  sql: string,
  parameters: unknown[],
): Promise<{ indexes: string[]; scans: string[]; looked: number }> {
  const [row]: Array<{ 'QUERY PLAN': Array<{ Plan: Plan }> }> = await plugins.app
    .get(Database)
    .inOrganisation(organisation, (manager) => manager.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, parameters));
  const found = { indexes: [] as string[], scans: [] as string[], looked: 0 };
  const walk = (node: Plan): void => {
    const { 'Node Type': type, 'Relation Name': table, 'Index Name': index, 'Actual Loops': loops = 1 } = node;
    if (index) found.indexes.push(index.replace(/_\d{8}_.*$/, ''));
    const rows = loops * ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0));
    // An empty month is read in whatever way.
    if (type === 'Seq Scan' && table && rows > 0) found.scans.push(table);
    if (table) found.looked += rows;
    node.Plans?.forEach(walk);
  };
  if (row?.['QUERY PLAN'][0]) walk(row['QUERY PLAN'][0].Plan);
  return found;
}

it('walks devices by name where many have the software', async () => {
  const { page, parameters } = installationsSql(organisation, {}, titles, true);
  const plan = await planOf(page, parameters);
  expect(plan.indexes).toEqual(expect.arrayContaining(['ix_devices_name', 'ix_installed_title']));
  expect(plan.scans).toEqual([]);
  expect(plan.looked).toBeLessThan(500);
});

it('reads by title where few have it', async () => {
  const { page, parameters } = installationsSql(organisation, {}, titles.slice(0, 1), false);
  const plan = await planOf(page, parameters);
  expect(plan.indexes).toContain('ix_installed_title');
  expect(plan.scans).not.toContain('installed');
});

it('reads the software of a device and of nobody else', async () => {
  const { page, parameters } = deviceSoftwareSql(organisation, device, { search: 'package' });
  const plan = await planOf(page, parameters);
  expect(plan.indexes).toContain('pk_installed');
  expect(plan.scans).not.toContain('installed');
});

it('reads products in the order of their names, and no further than the page', async () => {
  const { page, parameters } = productsSql(organisation, {});
  const plan = await planOf(page, parameters);
  expect(plan.indexes).toEqual(['ix_products_name_key']);
  expect(plan.looked).toBeLessThan(2000);
});

it.each([
  ['all', {}, 200],
  ['of a section', { section: 'disks' as const }, 200],
  ['of a device', { deviceId: 'device' }, 200],
  ['with a text', { search: 'package-77' }, 11_000],
  ['of a kind that there is not', { change: 'went' as const }, 11_000],
])('reads history newest first, within a bound: %s', async (_, query, bound) => {
  const { sql, parameters } = changesSql(
    organisation,
    { ...query, ...('deviceId' in query ? { deviceId: device } : {}) },
    10_000,
  );
  const plan = await planOf(sql, parameters);
  expect(plan.scans.filter((table) => table.startsWith('changes'))).toEqual([]);
  expect(plan.looked).toBeLessThan(bound + 200);
});
