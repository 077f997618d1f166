/** Columns for a person: padded, with a heading. Texts come from others: what could move the cursor is taken out. */
export function table(headings: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => (cell ?? '').replaceAll(/\p{Cc}+/gu, ' ')))];
  const widths = headings.map((_heading, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (cell ?? '').padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A moment to the minute, UTC. */
export const minute = (instant: string | undefined): string => (instant ? instant.slice(0, 16).replace('T', ' ') : '–');
