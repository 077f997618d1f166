import { type Class, type FieldRecord, fieldsOf } from '@muster/contracts';

/** One column of a table that a contract class makes: its heading, and what a row has there. */
export interface Column {
  name: string;
  /** Undefined where the row has nothing. */
  valueOf(row: unknown): unknown;
}

/** Between the items of a list, which share one cell. */
const BETWEEN = '; ';

/**
 * The columns of a contract class, in the order of its fields. What is nested gets columns of its own (`range.low`);
 * so does what a list holds, each with the list's values one after the other. What is open, or holds itself, is JSON.
 */
export function columnsOf(type: Class, within: readonly Class[] = []): Column[] {
  const path = [...within, type];
  return [...fieldsOf(type)].flatMap(([name, field]) => {
    const read = (row: unknown): unknown => (row as Record<string, unknown> | undefined)?.[name];
    const inner = field.nested?.();
    if (!inner) return [{ name, valueOf: isList(field) ? (row: unknown) => joined(read(row)) : read }];
    if (path.includes(inner)) return [{ name, valueOf: read }];
    return columnsOf(inner, path).map((column) => ({
      name: `${name}.${column.name}`,
      valueOf: isList(field)
        ? (row: unknown) => joined(listOf(read(row)).map((item) => column.valueOf(item)))
        : (row: unknown) => column.valueOf(read(row)),
    }));
  });
}

const isList = (field: FieldRecord): boolean => field.schema['type'] === 'array';
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function joined(value: unknown): string | undefined {
  const items = listOf(value);
  return items.length === 0 ? undefined : items.map(textOf).join(BETWEEN);
}

/** A value as text in a cell; empty where there is none. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
