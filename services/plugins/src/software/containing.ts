/** Pattern for `LIKE` that finds a text in lower case anywhere; wildcards in it count as themselves. */
export const containing = (text: string): string =>
  `%${text
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;
