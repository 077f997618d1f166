import { AppError, type SoftwareDevices, type SoftwareSearch, type SoftwareSource } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { holds } from '../versions/orders';
import { containing } from './containing';
import { behindSql, directionOf, nextOf, type Order, orderSql, placeOf, placeSql, windowOf } from './place';

/** A title that somebody asks about, with its number of rows. */
export interface FoundTitle {
  id: string;
  source: SoftwareSource;
  name: string;
  version: string;
  installations: number;
}
interface Installation {
  deviceId: string;
  deviceName: string;
  titleId: string;
  architecture: string | null;
  since: Date;
  place: string[];
}
const COLUMNS = `i.device_id AS "deviceId", d.name AS "deviceName", i.title_id AS "titleId", i.architecture, i.since`;
const NOTHING: SoftwareDevices = { installations: [], total: 0 };

/**
 * Which devices have a product, by version, in the order of their names. Titles are found by name and compared here; how
 * many rows there are follows from their counts. Few rows are read and sorted; of many, devices are walked in the order
 * of names until the page is full.
 * @throws AppError `invalid-input` when a comparison has no version
 */
export async function searchInstallations(
  manager: EntityManager,
  organisationId: string,
  search: SoftwareSearch,
): Promise<SoftwareDevices> {
  const titles = await findTitles(manager, organisationId, search);
  if (titles.length === 0) return NOTHING;
  const ids = titles.map(({ id }) => id);
  const rows = titles.reduce((sum, { installations }) => sum + installations, 0);
  const sql = installationsSql(organisationId, search, ids, await walks(manager, organisationId, search, ids, rows));
  const found: Installation[] = await manager.query(sql.page, sql.parameters);
  const total = search.search?.trim() ? await countOf(manager, sql.count, sql.counted) : rows;
  const byId = new Map(titles.map((title) => [title.id, title]));
  return {
    installations: found.flatMap(({ titleId, architecture, since, place: _, ...device }) => {
      const title = byId.get(titleId);
      if (!title) return [];
      const { source, name, version } = title;
      const row = { ...device, source, name, version, since: since.toISOString() };
      return [{ ...row, ...(architecture === null ? {} : { architecture }) }];
    }),
    total,
    ...nextOf(sql.order, found, sql.limit),
  };
}

async function findTitles(
  manager: EntityManager,
  organisationId: string,
  { name, source, comparison, version }: SoftwareSearch,
): Promise<FoundTitle[]> {
  if (comparison && version === undefined) {
    const faults = [{ field: 'version', problem: 'is needed with a comparison' }];
    throw new AppError('invalid-input', 'Say which version to compare with.', { faults });
  }
  const titles: FoundTitle[] = await manager.query(
    `SELECT t.id, p.source, p.name, t.version, t.installations FROM plugins.products p
       JOIN plugins.titles t ON t.organisation_id = $1 AND t.product_id = p.id AND t.installations > 0
      WHERE p.organisation_id = $1 AND p.name_key = $2 AND ($3::text IS NULL OR p.source = $3)`,
    [organisationId, name.trim().toLowerCase(), source ?? null],
  );
  if (version === undefined) return titles;
  return titles.filter((title) => holds(title.source, title.version, comparison ?? 'exactly', version));
}

/**
 * Whether to walk the devices by name. Sorting costs a row's reading for each row there is; walking costs a look into an
 * index for each title of each device on the way, of which there are the fewer, the more devices have the software.
 */
async function walks(
  manager: EntityManager,
  organisationId: string,
  search: SoftwareSearch,
  ids: readonly string[],
  rows: number,
): Promise<boolean> {
  if (rows <= FEW_ROWS || search.search?.trim()) return false;
  const [{ devices } = { devices: 0 }]: Array<{ devices: number }> = await manager.query(
    `SELECT count(*)::int AS devices FROM plugins.devices WHERE organisation_id = $1 AND retired_at IS NULL`,
    [organisationId],
  );
  const { limit, offset } = windowOf(search);
  const passed = Math.min(devices, ((offset + limit) * devices) / rows);
  return passed * ids.length < rows;
}
const FEW_ROWS = 2000;

/** By device, and of one device by the item's key. */
function orderOf(search: Pick<SoftwareSearch, 'direction'>): Order {
  const direction = directionOf(search);
  return {
    name: direction,
    columns: [
      { column: 'd.name_key', type: 'text', direction },
      { column: 'd.id', type: 'uuid', direction },
      { column: 'i.key', type: 'text', direction: 'ASC' },
    ],
  };
}

/** The statement for a page, in one of two ways, and the one that counts. */
export function installationsSql(
  organisationId: string,
  search: Pick<SoftwareSearch, 'search' | 'direction' | 'after' | 'page' | 'size'>,
  ids: readonly string[],
  walking: boolean,
) {
  const parameters: unknown[] = [organisationId, ids];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['d.organisation_id = $1', 'd.retired_at IS NULL'];
  if (search.search?.trim()) conditions.push(`d.name_key LIKE ${bind(containing(search.search))}`);
  const where = conditions.join(' AND ');
  const counted = [...parameters];
  const order = orderOf(search);
  const behind = search.after === undefined ? '' : `AND ${behindSql(order, placeOf(order, search.after), bind)}`;
  const { limit, offset } = windowOf(search);
  const [most, skipped] = [bind(limit), bind(offset)];
  const joined = `FROM plugins.installed i JOIN plugins.devices d ON d.id = i.device_id AND ${where}
     WHERE i.organisation_id = $1 AND i.title_id = ANY($2::int8[])`;
  // LATERAL with an OFFSET of its own: it stays one look into the index for each device.
  const walked = `FROM plugins.devices d CROSS JOIN LATERAL (
      SELECT * FROM plugins.installed i
       WHERE i.organisation_id = $1 AND i.device_id = d.id AND i.title_id = ANY($2::int8[]) OFFSET 0) i
     WHERE ${where}`;
  return {
    page: `SELECT ${COLUMNS}, ${placeSql(order)} AS place ${walking ? walked : joined} ${behind}
            ORDER BY ${orderSql(order)} LIMIT ${most} OFFSET ${skipped}`,
    parameters,
    count: `SELECT count(*)::int AS total ${joined}`,
    counted,
    order,
    limit,
  };
}

async function countOf(manager: EntityManager, sql: string, parameters: unknown[]): Promise<number> {
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(sql, parameters);
  return total;
}
