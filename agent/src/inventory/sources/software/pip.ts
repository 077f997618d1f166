import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { foldersLike } from './folders';
import { homesOf } from './homes';

/** Where Python's site module, Debian, pyenv and the user scheme put packages. `*` is one name. */
const SYSTEM = [
  '/usr/lib/python3/dist-packages',
  '/usr/lib/python*/site-packages',
  '/usr/lib64/python*/site-packages',
  '/usr/local/lib/python*/dist-packages',
  '/usr/local/lib/python*/site-packages',
  '/usr/local/lib64/python*/site-packages',
  '/Library/Frameworks/Python.framework/Versions/*/lib/python*/site-packages',
  '/opt/homebrew/lib/python*/site-packages',
];
const OF_USERS = [
  '.local/lib/python*/site-packages',
  '.pyenv/versions/*/lib/python*/site-packages',
  'Library/Python/*/lib/python/site-packages',
];
/** Who put it there, by the INSTALLER file (PEP 376): what a distribution's packages brought is listed as those. */
const DISTRIBUTIONS = new Set(['rpm', 'debian', 'apk', 'pacman', 'portage']);
const MOST_METADATA = 1024 * 1024;

/** Python packages by their metadata folders (PEP 376 dist-info, older egg-info). No Python is run. */
export const pip = source({
  section: 'software',
  source: 'pip',
  keys: 'pip|',
  platforms: ['linux', 'macos'],
  async collect(machine) {
    const { homes, unreadable } = await homesOf(machine, 'pip packages');
    const places = [...SYSTEM, ...homes.flatMap((home) => OF_USERS.map((place) => `${home}/${place}`))];
    return { items: packages(machine, places), unreadable };
  },
});

async function* packages(machine: Machine, places: readonly string[]): AsyncGenerator<Found<'software'>> {
  const seen = new Set<string>();
  for (const place of places)
    for (const folder of await foldersLike(machine.files, place)) {
      const real = (await machine.files.real(folder)) ?? folder;
      if (seen.has(real)) continue;
      seen.add(real);
      for (const name of await machine.files.names(folder)) yield* await packageOf(machine, folder, name);
    }
}

async function packageOf({ files }: Machine, folder: string, entry: string): Promise<Array<Found<'software'>>> {
  const path = `${folder}/${entry}`;
  let metadata: string | undefined;
  let owner: string | undefined;
  if (entry.endsWith('.dist-info')) {
    metadata = await files.text(`${path}/METADATA`, MOST_METADATA);
    owner = (await files.text(`${path}/INSTALLER`))?.toLowerCase();
  } else if (entry.endsWith('.egg-info'))
    metadata = (await files.text(`${path}/PKG-INFO`, MOST_METADATA)) ?? (await files.text(path, MOST_METADATA));
  // Debian's own packages have no INSTALLER, and a folder that pip never writes to.
  if (!metadata || (owner ? DISTRIBUTIONS.has(owner) : folder === '/usr/lib/python3/dist-packages')) return [];
  const [head = ''] = metadata.split(/\r?\n\r?\n/);
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(.+)$`, 'mi').exec(head)?.[1]?.trim() || undefined;
  const name = field('Name');
  const version = field('Version');
  if (!name || !version) return [];
  return [{ source: 'pip', name, version, publisher: field('Author') ?? field('Author-email'), scope: folder }];
}
