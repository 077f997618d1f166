/** Pattern for `LIKE` that finds a text in lower case anywhere; wildcards in it count as themselves. */
export const containing = (text: string): string =>
  `%${text
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;

export interface Paged {
  page?: number;
  size?: number;
}
const DEFAULT_SIZE = 50;

/** `LIMIT` and `OFFSET` of a page. Exports ask for larger pages than people may. */
export function windowOf({ page = 1, size = DEFAULT_SIZE }: Paged): { limit: number; offset: number } {
  return { limit: size, offset: (page - 1) * size };
}
