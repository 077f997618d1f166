import type { SavedFilter } from '@muster/contracts';

/** What of an address is worth keeping under a name: everything but the page. In one order, so that equals are equal. */
export function filterQuery(params: URLSearchParams): string {
  const kept = [...params].filter(([name]) => name !== 'page');
  return new URLSearchParams(kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))).toString();
}

/** The saved filter that the address shows now. */
export const shownFilter = (filters: readonly SavedFilter[], params: URLSearchParams): SavedFilter | undefined => {
  const query = filterQuery(params);
  return filters.find((filter) => filterQuery(new URLSearchParams(filter.query)) === query);
};
