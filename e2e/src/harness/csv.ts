/** Rows of a file of RFC 4180 by column name, read strictly. @throws Error where the file breaks a rule */
export function parseCsv(file: string): Record<string, string>[] {
  if (!file.startsWith('\ufeff')) throw new Error('the file does not say that it is UTF-8');
  const [heading = [], ...rows] = recordsOf(file.slice(1));
  return rows.map((cells, index) => {
    if (cells.length !== heading.length) throw new Error(`row ${index + 1} has ${cells.length} cells`);
    return Object.fromEntries(cells.map((cell, column) => [heading[column] ?? '', cell]));
  });
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;

function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length; at = CELL.lastIndex) {
    CELL.lastIndex = at;
    const [, quoted, bare = '', end] = CELL.exec(text) ?? [];
    if (end === undefined) throw new Error(`no cell at ${at}: ${JSON.stringify(text.slice(at, at + 60))}`);
    record.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  if (record.length > 0) throw new Error('the last row does not end');
  return records;
}
