/** Pattern for `lower(column) LIKE`, which finds the text anywhere; wildcards in it count as themselves. */
export const containing = (text: string): string =>
  `%${text
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;
