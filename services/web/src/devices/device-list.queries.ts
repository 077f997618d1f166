import { type DevicePage, type DeviceQuery, PRESENCES } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { devicesNeedingAttention } from './attention';
import { cursorOf, orderOf, placeOf, SORTS } from './device-place';
import { summaryColumns, summaryOf, type SummaryRow } from './device-summaries.queries';
import { presenceRank } from './presence-rank';
import { containing } from './search';

const DEFAULT_SIZE = 50;

/**
 * The two statements behind a page of the device list, with their parameters. A page is read in the order of an index and
 * ends early; but a search or a filter by inventory may find few rows or none among very many: then all that match are read
 * once, for page and total.
 */
export function deviceListSql(organisationId: string, query: DeviceQuery) {
  const parameters: unknown[] = [organisationId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['d.organisation_id = $1', 'd.retired_at IS NULL'];
  if (query.presence) conditions.push(`${presenceRank} = ${bind(PRESENCES.indexOf(query.presence))}`);
  if (query.platform) conditions.push(`d.platform = ${bind(query.platform)}`);
  if (query.groupId) {
    conditions.push(`EXISTS (SELECT FROM core.group_members m WHERE m.organisation_id = d.organisation_id
                                AND m.group_id = ${bind(query.groupId)} AND m.device_id = d.id)`);
  }
  if (query.attention !== undefined) {
    conditions.push(`d.id ${query.attention ? 'IN' : 'NOT IN'} (${devicesNeedingAttention})`);
  }
  const inventory = inventoryConditions(query, bind);
  if (inventory.length > 0) {
    // OFFSET 0: the devices are looked up in what matches, not the other way round, however the planner guesses.
    conditions.push(`d.id IN (SELECT i.device_id FROM core.device_inventory i
                               WHERE i.organisation_id = $1 AND ${inventory.join(' AND ')} OFFSET 0)`);
  }
  const search = query.search?.trim();
  if (search) conditions.push(`d.search_text LIKE ${bind(containing(search))}`);
  const inOnePass = search || inventory.length > 0;

  const where = `FROM core.devices d WHERE ${conditions.join(' AND ')}`;
  const order = orderOf(query);
  const { direction } = order;
  const { column, type } = SORTS[order.sort];
  const size = query.size ?? DEFAULT_SIZE;
  const counted = [...parameters];
  const place = query.after === undefined ? undefined : placeOf(query.after, order);
  const further = direction === 'ASC' ? '>' : '<';
  const beyond = (value: string, id: string): string =>
    place ? `(${value}, ${id}) ${further} (${bind(place.value)}::${type}, ${bind(place.id)}::uuid)` : 'true';
  const rest = inOnePass ? beyond('place', 'id') : beyond(column, 'd.id');
  const range = `LIMIT ${bind(size)} OFFSET ${bind(place ? 0 : ((query.page ?? 1) - 1) * size)}`;
  const count = `SELECT count(*)::int AS total ${where}`;
  const page = inOnePass
    ? `WITH found AS MATERIALIZED (SELECT d.id, ${column} AS place ${where}),
            page AS (SELECT id, place FROM found WHERE ${rest} ORDER BY place ${direction}, id ${direction} ${range})
       SELECT ${summaryColumns}, page.place::text AS place, (SELECT count(*)::int FROM found) AS total
         FROM page JOIN core.devices d ON d.organisation_id = $1 AND d.id = page.id
        ORDER BY page.place ${direction}, page.id ${direction}`
    : `SELECT ${summaryColumns}, (${column})::text AS place ${where} AND ${rest}
        ORDER BY ${column} ${direction}, d.id ${direction} ${range}`;
  return { page, parameters, count, counted, order, size };
}

function inventoryConditions(query: DeviceQuery, bind: (value: unknown) => string): string[] {
  const { encryption, antivirus, manufacturer, model } = query;
  return [
    ...(encryption ? [`i.encryption = ${bind(encryption)}`] : []),
    ...(antivirus ? [`i.antivirus = ${bind(antivirus)}`] : []),
    ...(manufacturer ? [`i.manufacturer_key = lower(${bind(manufacturer.trim())})`] : []),
    ...(model ? [`i.model_key = lower(${bind(model.trim())})`] : []),
  ];
}

/** One page of the devices in use, with the number of all that match. */
export async function listDevicePage(
  manager: EntityManager,
  organisationId: string,
  query: DeviceQuery,
): Promise<DevicePage> {
  const sql = deviceListSql(organisationId, query);
  const rows: Array<SummaryRow & { place: string; total?: number }> = await manager.query(sql.page, sql.parameters);
  const devices = rows.map(summaryOf);
  const [first, last] = [rows[0], rows.at(-1)];
  const next =
    last && rows.length === sql.size ? { next: cursorOf(sql.order, { value: last.place, id: last.id }) } : {};
  if (first?.total !== undefined) return { devices, total: first.total, ...next };
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(sql.count, sql.counted);
  return { devices, total, ...next };
}
