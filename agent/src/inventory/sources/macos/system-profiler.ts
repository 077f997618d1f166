import { type Row, rowOf, rowsOf } from '../../formats/json';
import type { Machine } from '../../machine/machine';

/** Entries of one data type of system_profiler(8). Applications take half a minute on a full disk. */
export async function profile({ commands }: Machine, dataType: string): Promise<Row[]> {
  const text = await commands.run('system_profiler', ['-json', dataType], { timeoutMs: 180_000 });
  const all: unknown = JSON.parse(text);
  return rowsOf(rowOf(all)[dataType]);
}

/** Entries and those below them, over all levels. */
export const flattened = (list: readonly Row[]): Row[] =>
  list.flatMap((entry) => [entry, ...flattened(rowsOf(entry['_items']))]);

const UNITS: Record<string, number> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
/** `8 GB` of memory. Disks have bytes of their own: theirs are decimal. */
export function memoryBytes(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]B)$/.exec(text ?? '') ?? [];
  return number ? Number(number) * (UNITS[unit] ?? 1) : undefined;
}
/** Words of system_profiler's own, such as `spdisplays_internal`, without their prefix. */
export const word = (text: string | undefined): string | undefined => text?.replace(/^(sp[a-z]+|drm)_/, '');
