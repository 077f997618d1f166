import type { SoftwareItem } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { ORGANISATION } from '../store/organisation';

type Named = Pick<SoftwareItem, 'source' | 'name' | 'version' | 'publisher'>;

const productName = ({ source, name }: Pick<Named, 'source' | 'name'>): string => `${source}\0${name}`;

/**
 * `OFFSET 0` keeps it one look into the index for each name, however the planner guesses: the tables grow within the very
 * transaction, and a join that it takes for small is quadratic for 50,000 packages.
 */
const PRODUCT_OF_NAME = `SELECT id FROM plugins.products
  WHERE organisation_id = ${ORGANISATION} AND source = g.source AND name = g.name OFFSET 0`;

/**
 * Ids of the titles of software, made where they are missing, by `idOf`. Once in a transaction: products and then titles
 * are inserted in one order everywhere, so that two transactions that meet new software do not wait for each other.
 */
export class Catalogue {
  private constructor(private readonly titles: ReadonlyMap<string, string>) {}

  static async of(manager: EntityManager, organisationId: string, software: Iterable<Named>): Promise<Catalogue> {
    const named = new Map<string, Named>();
    for (const one of software) named.set(`${productName(one)}\0${one.version}`, one);
    const known = await knownTitles(manager, organisationId, [...named.values()]);
    const missing = [...named].filter(([name]) => !known.has(name)).map(([, one]) => one);
    if (missing.length > 0) {
      const products = await ensureProducts(manager, organisationId, missing);
      await insertTitles(manager, organisationId, missing, products);
      for (const [name, id] of await knownTitles(manager, organisationId, missing)) known.set(name, id);
    }
    return new Catalogue(known);
  }

  idOf(one: Named): string {
    const id = this.titles.get(`${productName(one)}\0${one.version}`);
    if (id === undefined) throw new Error(`no title for ${one.source} ${one.name} ${one.version}`);
    return id;
  }
}

async function knownTitles(
  manager: EntityManager,
  organisationId: string,
  named: readonly Named[],
): Promise<Map<string, string>> {
  if (named.length === 0) return new Map();
  const rows: Array<{ place: string; id: string }> = await manager.query(
    `SELECT g.place, t.id
       FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS g (source, name, version, place)
      CROSS JOIN LATERAL (${PRODUCT_OF_NAME}) p
      CROSS JOIN LATERAL (SELECT id FROM plugins.titles
                           WHERE organisation_id = ${ORGANISATION} AND product_id = p.id AND version = g.version OFFSET 0) t`,
    [organisationId, named.map((n) => n.source), named.map((n) => n.name), named.map((n) => n.version)],
  );
  return new Map(
    rows.flatMap(({ place, id }) => {
      const one = named[Number(place) - 1];
      return one ? [[`${productName(one)}\0${one.version}`, id] as const] : [];
    }),
  );
}

async function ensureProducts(
  manager: EntityManager,
  organisationId: string,
  named: readonly Named[],
): Promise<Map<string, string>> {
  const products = [...new Map(named.map((one) => [productName(one), one])).values()];
  const values = [organisationId, products.map(({ source }) => source), products.map(({ name }) => name)];
  await manager.query(
    `INSERT INTO plugins.products (organisation_id, source, name, name_key, publisher)
     SELECT $1, g.source, g.name, g.name_key, g.publisher
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS g (source, name, name_key, publisher)
       LEFT JOIN LATERAL (${PRODUCT_OF_NAME}) p ON true
      WHERE p.id IS NULL
      ORDER BY g.source COLLATE "C", g.name COLLATE "C"
     ON CONFLICT DO NOTHING`,
    [...values, products.map(({ name }) => name.toLowerCase()), products.map(({ publisher }) => publisher ?? null)],
  );
  const rows: Array<{ place: string; id: string }> = await manager.query(
    `SELECT g.place, p.id FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS g (source, name, place)
      CROSS JOIN LATERAL (${PRODUCT_OF_NAME}) p`,
    values,
  );
  return new Map(
    rows.flatMap(({ place, id }) => {
      const one = products[Number(place) - 1];
      return one ? [[productName(one), id] as const] : [];
    }),
  );
}

async function insertTitles(
  manager: EntityManager,
  organisationId: string,
  named: readonly Named[],
  products: ReadonlyMap<string, string>,
): Promise<void> {
  await manager.query(
    `INSERT INTO plugins.titles (organisation_id, product_id, version, publisher)
     SELECT $1, * FROM unnest($2::int8[], $3::text[], $4::text[]) AS g (product_id, version, publisher)
      ORDER BY g.product_id, g.version COLLATE "C"
     ON CONFLICT DO NOTHING`,
    [
      organisationId,
      named.map((one) => products.get(productName(one))),
      named.map(({ version }) => version),
      named.map(({ publisher }) => publisher ?? null),
    ],
  );
}
