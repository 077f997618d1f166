import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

const PREFIXES = ['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'];

/** Homebrew's folders: `Cellar/<formula>/<version>`, `Caskroom/<cask>/<version>`. brew belongs to a user: root must not run it. */
export const homebrew = source({
  section: 'software',
  source: 'homebrew',
  keys: 'homebrew|',
  platforms: ['macos', 'linux'],
  collect: async (machine) => Promise.resolve({ items: packages(machine), unreadable: [] }),
});

async function* packages({ files }: Machine): AsyncGenerator<Found<'software'>> {
  for (const prefix of PREFIXES)
    for (const room of ['Cellar', 'Caskroom'])
      for (const name of await files.names(`${prefix}/${room}`)) {
        const folder = `${prefix}/${room}/${name}`;
        const versions = (await files.names(folder)).filter((version) => !version.startsWith('.'));
        for (const version of versions) {
          const stat = await files.stat(`${folder}/${version}`);
          if (!stat?.isDirectory()) continue;
          // Old versions stay until `brew cleanup`, so one alone keeps its key over an upgrade.
          const scope = versions.length > 1 ? `${prefix} ${version}` : prefix;
          yield { source: 'homebrew', name, version, scope, installedAt: stat.mtime.toISOString() };
        }
      }
}
