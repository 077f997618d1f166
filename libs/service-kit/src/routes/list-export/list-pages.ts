import { type Class, fieldsOf, type Route } from '@muster/contracts';

/** Rows that an export asks for at once: many more than a screen shows, and few enough to hold. */
export const EXPORT_PAGE = 5000;

type Fields = Record<string, unknown>;
/** Calls the route's handler with a query and gives back its reply. */
export type AskForPage = (query: object) => Promise<object>;

const has = (type: Class | undefined, field: string): boolean => type !== undefined && fieldsOf(type).has(field);

/** How a list goes on: behind a row, by the numbers of pages, or not at all because it comes at once. */
export function pagingOf({ query, reply }: Route): 'place' | 'number' | 'none' {
  if (has(query, 'after') && has(reply, 'next')) return 'place';
  return has(query, 'page') ? 'number' : 'none';
}

/**
 * All rows of a list, page after page: from one `next` to the following where the reply has it, else by `page` up to its
 * `total`, else once. By number, rows that come or go meanwhile double or hide others: only for lists that hardly change.
 * `query` is a person's, whose own page, place and size do not count.
 */
export async function* pagesOf(route: Route, query: object, ask: AskForPage): AsyncGenerator<object[], void> {
  const field = route.list ?? '';
  const paging = pagingOf(route);
  const { after: _after, page: _page, size: _size, ...filters } = query as Fields;
  const size = has(route.query, 'size') ? { size: EXPORT_PAGE } : {};
  let place: Fields = paging === 'number' ? { page: 1 } : {};
  for (let number = 1, seen = 0; ; number += 1) {
    const reply = (await ask({ ...filters, ...size, ...place })) as Fields;
    const rows = reply[field];
    if (!Array.isArray(rows)) throw new Error(`${route.method} ${route.path} replied no list "${field}"`);
    yield rows as object[];
    seen += rows.length;
    const { next, total } = reply;
    if (paging === 'place') {
      if (typeof next !== 'string' || next === '') return;
      place = { after: next };
    } else {
      if (paging === 'none' || rows.length === 0 || (typeof total === 'number' && seen >= total)) return;
      place = { page: number + 1 };
    }
  }
}
