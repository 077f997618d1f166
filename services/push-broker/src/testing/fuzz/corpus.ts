import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'corpus');

/** What peers said that was once worth a thought, each from the first byte of its connection on. */
export const corpus: ReadonlyMap<string, Buffer> = new Map(
  readdirSync(folder)
    .filter((file) => !file.startsWith('.'))
    .sort()
    .map((file) => [file, readFileSync(join(folder, file))]),
);
