import { List, nested, Text, Uuid } from '../schema/fields';
import { ById } from '../wire/page';
import { defineRoute, signedIn } from '../wire/route';

const own = { service: 'web', face: 'manager', access: signedIn } as const;
const personal = { none: 'a bookmark of the person who made it' };

/** A list's filters, order and page size under a name, as they stand in the address. Each person has their own. */
export class SaveFilter {
  @Text({ min: 1, max: 64, pattern: /^[a-z][a-z/-]*$/, about: 'Path of the list, for example devices.' }) list: string;
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ max: 4000, about: 'Query of the address, without the question mark.' }) query: string;
}
export class SavedFilter extends SaveFilter {
  @Uuid() id: string;
}
export class SavedFilters {
  @List(nested(() => SavedFilter), { max: 1000 }) filters: SavedFilter[];
}
export const listSavedFilters = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/saved-filters',
  summary: 'The own saved filters, of all lists',
  reply: SavedFilters,
});
export const saveFilter = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/saved-filters',
  summary: 'Save a filter; one with the same list and name is replaced',
  body: SaveFilter,
  reply: SavedFilter,
  causes: personal,
});
export const deleteSavedFilter = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/api/saved-filters/:id',
  summary: 'Delete an own saved filter',
  params: ById,
  causes: personal,
});
