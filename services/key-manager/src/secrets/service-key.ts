import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newSecret } from './secret';

/** Below the certificate authority: where this service's other keys are, and what a backup takes along with them. */
const FILE = join('secrets', 'service.key');

/**
 * The secret from which the key for sealing is derived: the given one, or one that is made once and kept in a file.
 * Several instances may start at once: the file appears complete, and whoever comes second takes the first one's.
 * @throws Error where it cannot be kept
 */
export async function serviceKey(dir: string, given?: string): Promise<string> {
  if (given) return given;
  const file = join(dir, FILE);
  const kept = await read(file);
  if (kept) return kept;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}-${newSecret()}`;
  await writeFile(draft, newSecret(), { mode: 0o600, flush: true });
  try {
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  const made = await read(file);
  if (!made) throw new Error(`${file} holds no key.`);
  return made;
}

const read = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').then(
    (text) => text.trim() || undefined,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
