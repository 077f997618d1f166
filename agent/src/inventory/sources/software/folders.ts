import type { Files } from '../../machine/machine';

/** Folders that fit a path in which `*` within a name stands for any text. */
export async function foldersLike(files: Files, pattern: string): Promise<string[]> {
  let found = [''];
  for (const part of pattern.split('/').filter(Boolean)) {
    if (!part.includes('*')) {
      found = found.map((folder) => `${folder}/${part}`);
      continue;
    }
    const [before = '', after = ''] = part.split('*');
    const next: string[] = [];
    for (const folder of found)
      for (const name of await files.names(folder || '/'))
        if (name.startsWith(before) && name.endsWith(after)) next.push(`${folder}/${name}`);
    found = next;
  }
  const stats = await Promise.all(found.map((folder) => files.stat(folder)));
  return found.filter((_, index) => stats[index]?.isDirectory());
}
