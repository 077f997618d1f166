import { allRoutes, defineRoute, List, may, nested, PageQuery, type Route, Whole } from '@muster/contracts';
import { expect, it } from 'vitest';
import { pagesOf, pagingOf } from './list-pages';

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const lists = allRoutes().filter(({ list }) => list !== undefined);

it('every list goes on behind a row, or comes at once', () => {
  const numbered = lists.filter((route) => pagingOf(route) === 'number').map(nameOf);
  expect(numbered).toEqual([]);
});

it.each(lists.filter((route) => pagingOf(route) === 'place').map((route) => [nameOf(route), route] as const))(
  'goes on where the page before said, whatever a person asked for: %s',
  async (_, route) => {
    const asked: object[] = [];
    const pages = pagesOf(route, { page: 7, size: 3, after: 'x', kept: 1 }, async (query) => {
      asked.push(query);
      return { [route.list ?? '']: [{}], next: asked.length < 3 ? `behind ${asked.length}` : undefined, total: 1 };
    });
    for await (const page of pages) expect(page).toEqual([{}]);
    expect(asked).toEqual([
      { kept: 1, size: 5000 },
      { kept: 1, size: 5000, after: 'behind 1' },
      { kept: 1, size: 5000, after: 'behind 2' },
    ]);
  },
);

class Row {
  @Whole({ min: 0, max: 9 }) number: number;
}
class NumberedRows {
  @List(nested(() => Row), { max: 5 }) rows: Row[];
  @Whole({ min: 0, max: 9 }) total: number;
}

it('reads a list without places by number, up to its total', async () => {
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
  const asked: object[] = [];
  const pages = pagesOf(route, { page: 2 }, async (query) => {
    asked.push(query);
    return { rows: [{ number: 1 }, { number: 2 }], total: 4 };
  });
  for await (const page of pages) expect(page).toHaveLength(2);
  expect(asked).toEqual([
    { size: 5000, page: 1 },
    { size: 5000, page: 2 },
  ]);
});
