import { type Class, fieldsOf, type Route } from '@muster/contracts';

/** Rows that an export asks for at once: many more than a screen shows, and few enough to hold. */
export const EXPORT_PAGE = 5000;

type Fields = Record<string, unknown>;
/** Calls the route's handler with a query and gives back its reply. */
export type AskForPage = (query: object) => Promise<object>;

const has = (type: Class | undefined, field: string): boolean => type !== undefined && fieldsOf(type).has(field);

/**
 * All rows of a list, page after page: from one `next` to the following where the list has pages, else at once. Pages go on
 * behind a row, never by number: rows that come or go meanwhile would double or hide others. `query` is a person's, whose
 * own page, place and size do not count.
 */
export async function* pagesOf(route: Route, query: object, ask: AskForPage): AsyncGenerator<object[], void> {
  const field = route.list ?? '';
  const paged = isPaged(route);
  const { after: _after, page: _page, size: _size, ...filters } = query as Fields;
  const size = has(route.query, 'size') ? { size: EXPORT_PAGE } : {};
  for (let place: Fields | undefined = {}; place;) {
    const reply = (await ask({ ...filters, ...size, ...place })) as Fields;
    const rows = reply[field];
    if (!Array.isArray(rows)) throw new Error(`${route.method} ${route.path} replied no list "${field}"`);
    yield rows as object[];
    const { next } = reply;
    place = paged && typeof next === 'string' && next !== '' ? { after: next } : undefined;
  }
}

/** @throws Error for a list with pages and no places */
function isPaged(route: Route): boolean {
  const paged = has(route.query, 'after') && has(route.reply, 'next');
  if (paged || !has(route.query, 'page')) return paged;
  throw new Error(`${route.method} ${route.path} needs "after" and "next": its pages are known by number only`);
}
