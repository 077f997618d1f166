import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The licences that must travel with Node.js: the named file, else where its own archives and Debian's packages have it.
 * @throws Error when the file that is named cannot be read
 */
export async function nodeLicences(named: string | undefined, program: string): Promise<string | undefined> {
  if (named !== undefined) return readFile(named, 'utf8');
  const folder = dirname(program);
  const usual = [
    join(folder, 'LICENSE'),
    join(folder, '../LICENSE'),
    join(folder, '../share/doc/nodejs/LICENSE'),
    join(folder, '../share/doc/nodejs/copyright'),
  ];
  for (const path of usual) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined && text.includes('Node.js')) return text;
  }
  return undefined;
}
