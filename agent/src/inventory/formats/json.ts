/** An object of somebody else's JSON: nothing is known of its fields. */
export type Row = Readonly<Record<string, unknown>>;

export const rowOf = (value: unknown): Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {};

/** Objects of a list; what else is in it is left out. */
export const rowsOf = (value: unknown): Row[] =>
  Array.isArray(value)
    ? value.filter((entry): entry is Row => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    : [];

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.trim() || undefined : typeof value === 'number' ? String(value) : undefined;
export const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};
export const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
/** A property that is a list, or its only element. */
export const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((entry: unknown) => textOf(entry) ?? []);
