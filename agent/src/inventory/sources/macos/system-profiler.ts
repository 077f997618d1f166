import type { Machine } from '../../machine/machine';

/** An entry of a data type's list, as `system_profiler -json` writes it. */
export type Entry = Readonly<Record<string, unknown>>;

/** Entries of one data type of system_profiler(8). Applications take half a minute on a full disk. */
export async function profile({ commands }: Machine, dataType: string): Promise<Entry[]> {
  const text = await commands.run('system_profiler', ['-json', dataType], { timeoutMs: 180_000 });
  const all: unknown = JSON.parse(text);
  return entries((all as Record<string, unknown> | null)?.[dataType]);
}

export const entries = (value: unknown): Entry[] =>
  Array.isArray(value) ? value.filter((entry): entry is Entry => typeof entry === 'object' && entry !== null) : [];

/** Entries and those below them, over all levels. */
export const flattened = (list: readonly Entry[]): Entry[] =>
  list.flatMap((entry) => [entry, ...flattened(entries(entry['_items']))]);

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.trim() || undefined : typeof value === 'number' ? String(value) : undefined;
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
export const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((entry: unknown) => textOf(entry) ?? []);

const UNITS: Record<string, number> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
/** `8 GB` of memory. Disks have bytes of their own: theirs are decimal. */
export function memoryBytes(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]B)$/.exec(text ?? '') ?? [];
  return number ? Number(number) * (UNITS[unit] ?? 1) : undefined;
}
/** Words of system_profiler's own, such as `spdisplays_internal`, without their prefix. */
export const word = (text: string | undefined): string | undefined => text?.replace(/^(sp[a-z]+|drm)_/, '');
