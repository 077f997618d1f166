import type { ProductQuery, SoftwarePage, SoftwareProduct, SoftwareQuery, SoftwareVersions } from '@muster/contracts';
import { AppError } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { VERSION_ORDERS } from '../versions/orders';
import { containing } from './containing';
import { behindSql, directionOf, nextOf, type Order, orderSql, placeOf, placeSql, windowOf } from './place';

type ProductRecord = Omit<SoftwareProduct, 'publisher'> & { publisher: string | null };
const COLUMNS = 'source, name, publisher, versions, installations';
const MOST_VERSIONS = 10_000;

const NAME = [
  { column: 'name_key', type: 'text' },
  { column: 'id', type: 'int8' },
] as const;

/** Names stay; a product whose installations change while a list sorted by them is read may move past its reader. */
function orderOf(query: SoftwareQuery): Order {
  const direction = directionOf(query);
  const byName = (way: 'ASC' | 'DESC') => NAME.map((column) => ({ ...column, direction: way }));
  if (query.sort !== 'installations') return { name: `name ${direction}`, columns: byName(direction) };
  const installations = { column: 'installations', type: 'int8', direction } as const;
  return { name: `installations ${direction}`, columns: [installations, ...byName('ASC')] };
}

/**
 * A text is looked for in the names of all products of the organisation, and what is installed nowhere is left out while
 * reading. No index helps with either: behind row-level security PostgreSQL uses one only for operators that are marked
 * leakproof, which `LIKE` is not, and one on counts that change with every report would cost more than it saves. An
 * organisation has some ten thousand products, whatever the number of devices.
 */
export function productsSql(organisationId: string, query: SoftwareQuery) {
  const parameters: unknown[] = [organisationId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['organisation_id = $1', 'installations > 0'];
  if (query.source) conditions.push(`source = ${bind(query.source)}`);
  if (query.search?.trim()) conditions.push(`name_key LIKE ${bind(containing(query.search))}`);
  const where = `FROM plugins.products WHERE ${conditions.join(' AND ')}`;
  const counted = [...parameters];
  const order = orderOf(query);
  const behind = query.after === undefined ? '' : `AND ${behindSql(order, placeOf(order, query.after), bind)}`;
  const { limit, offset } = windowOf(query);
  return {
    page: `SELECT ${COLUMNS}, ${placeSql(order)} AS place ${where} ${behind}
            ORDER BY ${orderSql(order)} LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
    parameters,
    count: `SELECT count(*)::int AS total ${where}`,
    counted,
    order,
    limit,
  };
}

const productOf = ({ publisher, ...product }: ProductRecord): SoftwareProduct => ({
  ...product,
  ...(publisher === null ? {} : { publisher }),
});

/** A page of the products that are installed somewhere in the organisation. */
export async function listProducts(
  manager: EntityManager,
  organisationId: string,
  query: SoftwareQuery,
): Promise<SoftwarePage> {
  const sql = productsSql(organisationId, query);
  const rows: Array<ProductRecord & { place: string[] }> = await manager.query(sql.page, sql.parameters);
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(sql.count, sql.counted);
  return { products: rows.map(({ place: _, ...row }) => productOf(row)), total, ...nextOf(sql.order, rows, sql.limit) };
}

/** The versions of a product that are installed somewhere, newest first. @throws AppError `not-found` */
export async function productVersions(
  manager: EntityManager,
  organisationId: string,
  { source, name }: ProductQuery,
): Promise<SoftwareVersions> {
  const [product]: Array<ProductRecord & { id: string }> = await manager.query(
    `SELECT id, ${COLUMNS} FROM plugins.products WHERE organisation_id = $1 AND source = $2 AND name = $3 AND installations > 0`,
    [organisationId, source, name],
  );
  if (!product) throw new AppError('not-found', 'No device has this software.');
  const versions: Array<{ version: string; devices: number }> = await manager.query(
    `SELECT version, devices FROM plugins.titles
      WHERE organisation_id = $1 AND product_id = $2 AND devices > 0 ORDER BY version LIMIT ${MOST_VERSIONS}`,
    [organisationId, product.id],
  );
  const { id: _, ...rest } = product;
  const { compare } = VERSION_ORDERS[source];
  return { product: productOf(rest), versions: versions.sort((a, b) => compare(b.version, a.version)) };
}
