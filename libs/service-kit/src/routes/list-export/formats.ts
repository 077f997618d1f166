import { type Class, shape } from '@muster/contracts';
import { stringify } from 'csv-stringify/sync';
import { columnsOf, textOf } from './columns';

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How rows become a file: what stands before, between and after them. */
export interface FileFormat {
  mediaType: string;
  begin: string;
  /** Some rows, the first of them number `from` of the file. */
  rows(rows: readonly object[], from: number): string;
  end: string;
}

/** Spreadsheets run a cell that begins like this as a formula (OWASP, CSV injection); an apostrophe makes it text. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

const cellOf = (value: unknown): string => {
  const text = textOf(value);
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
};

/** RFC 4180 with a heading, in UTF-8 and with its mark, by which spreadsheets know it. */
function csv(type: Class): FileFormat {
  const columns = columnsOf(type);
  const lines = (cells: string[][]): string =>
    cells.length === 0 ? '' : stringify(cells, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
  return {
    mediaType: 'text/csv; charset=utf-8; header=present',
    begin: `\ufeff${lines([columns.map(({ name }) => name)])}`,
    rows: (rows) => lines(rows.map((row) => columns.map((column) => cellOf(column.valueOf(row))))),
    end: '',
  };
}

/** One array, a row on each line. */
const json: FileFormat = {
  mediaType: 'application/json; charset=utf-8',
  begin: '[',
  rows: (rows, from) => rows.map((row, index) => `${from + index > 0 ? ',' : ''}\n${JSON.stringify(row)}`).join(''),
  end: '\n]\n',
};

/** The format for rows of a class; only declared fields get into the file. */
export function fileFormat(format: ExportFormat, type: Class): FileFormat {
  const file = format === 'csv' ? csv(type) : json;
  return {
    ...file,
    rows: (rows, from) =>
      file.rows(
        rows.map((row) => shape(type, row)),
        from,
      ),
  };
}
