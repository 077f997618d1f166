import type { DeviceSoftwareQuery, InstalledSoftware, InstalledSoftwarePage, SoftwareSource } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { containing } from './containing';
import { behindSql, directionOf, nextOf, type Order, orderSql, placeOf, placeSql, windowOf } from './place';

interface Row {
  source: SoftwareSource;
  name: string;
  version: string;
  architecture: string | null;
  publisher: string | null;
  scope: string | null;
  sizeBytes: string | null;
  installedAt: Date | null;
  since: Date;
  place: string[];
}

function orderOf(query: DeviceSoftwareQuery): Order {
  const direction = directionOf(query);
  const sort =
    query.sort === 'since'
      ? ({ column: 'extract(epoch FROM i.since)', type: 'numeric', direction } as const)
      : ({ column: 'p.name_key', type: 'text', direction } as const);
  return {
    name: `${query.sort ?? 'name'} ${direction}`,
    columns: [sort, { column: 'i.key', type: 'text', direction }],
  };
}

/** The statements behind a page of a device's software. */
export function deviceSoftwareSql(organisationId: string, deviceId: string, query: DeviceSoftwareQuery) {
  const parameters: unknown[] = [organisationId, deviceId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions: string[] = [];
  if (query.source) conditions.push(`p.source = ${bind(query.source)}`);
  if (query.search?.trim()) conditions.push(`p.name_key LIKE ${bind(containing(query.search))}`);
  // First what the device has, then the names of just that: guessing from the text, PostgreSQL begins with the names.
  const own = `WITH i AS MATERIALIZED (SELECT * FROM plugins.installed WHERE organisation_id = $1 AND device_id = $2)`;
  const where = `FROM i
      CROSS JOIN LATERAL (SELECT product_id, version, publisher FROM plugins.titles
                           WHERE organisation_id = $1 AND id = i.title_id OFFSET 0) t
      CROSS JOIN LATERAL (SELECT source, name, name_key, publisher FROM plugins.products
                           WHERE organisation_id = $1 AND id = t.product_id OFFSET 0) p
     ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}`;
  const counted = [...parameters];
  const order = orderOf(query);
  const behind = query.after === undefined ? '' : behindSql(order, placeOf(order, query.after), bind);
  const rest = behind && `${conditions.length > 0 ? 'AND' : 'WHERE'} ${behind}`;
  const { limit, offset } = windowOf(query);
  return {
    page: `${own} SELECT p.source, p.name, t.version, i.architecture, coalesce(t.publisher, p.publisher) AS publisher, i.scope,
             i.size_bytes AS "sizeBytes", i.installed_at AS "installedAt", i.since, ${placeSql(order)} AS place
            ${where} ${rest}
            ORDER BY ${orderSql(order)} LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
    parameters,
    count: `${own} SELECT count(*)::int AS total ${where}`,
    counted,
    order,
    limit,
  };
}

/** A page of the software of a device. */
export async function deviceSoftware(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  query: DeviceSoftwareQuery,
): Promise<InstalledSoftwarePage> {
  const sql = deviceSoftwareSql(organisationId, deviceId, query);
  const rows: Row[] = await manager.query(sql.page, sql.parameters);
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(sql.count, sql.counted);
  return { software: rows.map(softwareOf), total, ...nextOf(sql.order, rows, sql.limit) };
}

function softwareOf({
  sizeBytes,
  installedAt,
  since,
  source,
  name,
  version,
  place: _,
  ...texts
}: Row): InstalledSoftware {
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null));
  return {
    ...{ source, name, version, since: since.toISOString() },
    ...given,
    ...(sizeBytes === null ? {} : { sizeBytes: Number(sizeBytes) }),
    ...(installedAt === null ? {} : { installedAt: installedAt.toISOString() }),
  };
}
