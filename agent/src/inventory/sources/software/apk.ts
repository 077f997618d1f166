import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

const DATABASES = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];

/** Alpine's database: paragraphs of `letter:value` (P name, V version, A architecture, I size, m maintainer). */
export const apk = source({
  section: 'software',
  source: 'apk',
  keys: 'apk|',
  platforms: ['linux'],
  async collect(machine) {
    for (const path of DATABASES)
      if (await machine.files.stat(path)) return { items: packages(machine, path), unreadable: [] };
    return { items: [], unreadable: [] };
  },
});

async function* packages({ files }: Machine, path: string): AsyncGenerator<Found<'software'>> {
  let about = new Map<string, string>();
  for await (const line of files.lines(path)) {
    if (line === '') {
      yield* packageOf(about);
      about = new Map();
    } else if (line[1] === ':') about.set(line[0] ?? '', line.slice(2));
  }
  yield* packageOf(about);
}

function packageOf(about: ReadonlyMap<string, string>): Array<Found<'software'>> {
  const name = about.get('P');
  const version = about.get('V');
  if (!name || !version) return [];
  const size = about.get('I');
  return [
    {
      source: 'apk',
      name,
      version,
      architecture: about.get('A'),
      publisher: about.get('m'),
      sizeBytes: size === undefined ? undefined : Number(size),
    },
  ];
}
