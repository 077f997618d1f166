import type { ProductQuery, SoftwarePage, SoftwareProduct, SoftwareQuery, SoftwareVersions } from '@muster/contracts';
import { AppError } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { VERSION_ORDERS } from '../versions/orders';
import { containing, windowOf } from './containing';

type ProductRecord = Omit<SoftwareProduct, 'publisher'> & { publisher: string | null };
const COLUMNS = 'source, name, publisher, versions, installations';
const MOST_VERSIONS = 10_000;

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
  const direction = query.direction === 'descending' ? 'DESC' : 'ASC';
  const sort =
    query.sort === 'installations' ? `installations ${direction}, name_key, id` : `name_key ${direction}, id`;
  const { limit, offset } = windowOf(query);
  return {
    page: `SELECT ${COLUMNS} ${where} ORDER BY ${sort} LIMIT ${bind(limit)} OFFSET ${bind(offset)}`,
    parameters,
    count: `SELECT count(*)::int AS total ${where}`,
    counted,
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
  const rows: ProductRecord[] = await manager.query(sql.page, sql.parameters);
  const [{ total } = { total: 0 }]: Array<{ total: number }> = await manager.query(sql.count, sql.counted);
  return { products: rows.map(productOf), total };
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
