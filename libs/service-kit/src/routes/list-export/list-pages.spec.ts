import { allRoutes, defineRoute, List, may, nested, PageQuery, Whole } from '@muster/contracts';
import { expect, it } from 'vitest';
import { pagesOf } from './list-pages';

const lists = allRoutes().filter(({ list }) => list !== undefined);

it.each(lists.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'every list goes on behind a row, or comes at once: %s',
  async (_, route) => {
    const asked: object[] = [];
    const pages = pagesOf(route, { page: 7, size: 3, after: 'x' }, async (query) => {
      asked.push(query);
      return { [route.list ?? '']: [{}], next: asked.length < 3 ? `behind ${asked.length}` : undefined, total: 9 };
    });
    let rows = 0;
    for await (const page of pages) rows += page.length;
    expect(asked).toHaveLength(rows);
    expect(asked.slice(1)).toEqual(
      asked.slice(1).map((_, index) => expect.objectContaining({ after: `behind ${index + 1}` })),
    );
    expect(asked.every((query) => !('page' in query))).toBe(true);
    expect(asked[0]).not.toHaveProperty('after');
  },
);

class Row {
  @Whole({ min: 0, max: 9 }) number: number;
}
class NumberedRows {
  @List(nested(() => Row), { max: 5 }) rows: Row[];
  @Whole({ min: 0, max: 9 }) total: number;
}

it('no list is read by the numbers of its pages', async () => {
  const route = defineRoute({
    service: 'bip',
    face: 'manager',
    method: 'GET',
    path: '/numbered',
    access: may('devices.read'),
    summary: 'Rows by page',
    query: PageQuery,
    reply: NumberedRows,
    list: 'rows',
  });
  await expect(pagesOf(route, {}, async () => ({ rows: [], total: 0 })).next()).rejects.toThrow('"after" and "next"');
});
