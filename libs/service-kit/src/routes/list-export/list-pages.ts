import { type Class, fieldsOf, type Route } from '@muster/contracts';

/** Rows that an export asks for at once: many more than a screen shows, and few enough to hold. */
export const EXPORT_PAGE = 5000;

type Fields = Record<string, unknown>;
/** Calls the route's handler with a query and gives back its reply. */
export type AskForPage = (query: object) => Promise<object>;

const has = (type: Class | undefined, field: string): boolean => type !== undefined && fieldsOf(type).has(field);

/**
 * All rows of a list, page after page: from one `next` to the following where the reply has it, else by `page` up to its
 * `total`, else once. `query` is a person's, whose own page, place and size do not count.
 */
export async function* pagesOf(route: Route, query: object, ask: AskForPage): AsyncGenerator<object[], void> {
  const field = route.list ?? '';
  const cursor = has(route.query, 'after') && has(route.reply, 'next');
  const numbered = !cursor && has(route.query, 'page');
  const { after: _after, page: _page, size: _size, ...filters } = query as Fields;
  const size = has(route.query, 'size') ? { size: EXPORT_PAGE } : {};
  let place: Fields = numbered ? { page: 1 } : {};
  for (let number = 1, seen = 0; ; number += 1) {
    const reply = (await ask({ ...filters, ...size, ...place })) as Fields;
    const rows = reply[field];
    if (!Array.isArray(rows)) throw new Error(`${route.method} ${route.path} replied no list "${field}"`);
    yield rows as object[];
    seen += rows.length;
    const next = reply['next'];
    if (cursor) {
      if (typeof next !== 'string' || next === '') return;
      place = { after: next };
    } else {
      const total = reply['total'];
      if (!numbered || rows.length === 0 || (typeof total === 'number' && seen >= total)) return;
      place = { page: number + 1 };
    }
  }
}
