import { OneOf, Text, Uuid, Whole } from '../schema/fields';

/** Path parameter of everything that has an id. */
export class ById {
  @Uuid() id: string;
}

/** Query of every list: a page, a search text, a direction. Lists add their own `sort` and filters. */
export class PageQuery {
  @Whole({ min: 1, max: 100_000, optional: true, about: 'Page, from 1.' }) page?: number;
  @Whole({ min: 1, max: 200, optional: true, about: 'Rows on a page; 50 when absent.' }) size?: number;
  @Text({ max: 200, optional: true, about: 'Text to find.' }) search?: string;
  @OneOf(['ascending', 'descending'], { optional: true }) direction?: 'ascending' | 'descending';
}

/** Query of a list whose pages go by number, or from a place onwards. */
export class PlaceQuery extends PageQuery {
  @Text({
    max: 4000,
    optional: true,
    about: 'The `next` of the page before, in the same order: a place that no change of other rows moves.',
  })
  after?: string;
}

/** Query of lists that grow while they are read: newest first, from a place onwards. */
export class CursorQuery {
  @Text({ max: 200, optional: true, about: 'The `next` of the page before.' }) after?: string;
  @Whole({ min: 1, max: 500, optional: true, about: 'Rows on a page; 100 when absent.' }) size?: number;
}
