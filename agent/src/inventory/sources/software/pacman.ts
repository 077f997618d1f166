import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

const FOLDER = '/var/lib/pacman/local';

/** pacman's local database: a folder for each package with `desc`, in which `%NAME%` is followed by its value. */
export const pacman = source({
  section: 'software',
  source: 'pacman',
  keys: 'pacman|',
  platforms: ['linux'],
  async collect(machine) {
    return { items: packages(machine, await machine.files.names(FOLDER)), unreadable: [] };
  },
});

async function* packages({ files }: Machine, names: readonly string[]): AsyncGenerator<Found<'software'>> {
  for (const folder of names) {
    const text = await files.text(`${FOLDER}/${folder}/desc`);
    const about = new Map(
      [...(text ?? '').matchAll(/^%([A-Z]+)%\n(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const name = about.get('NAME');
    const version = about.get('VERSION');
    if (!name || !version) continue;
    const time = Number(about.get('INSTALLDATE'));
    yield {
      source: 'pacman',
      name,
      version,
      architecture: about.get('ARCH'),
      publisher: about.get('PACKAGER'),
      sizeBytes: about.has('SIZE') ? Number(about.get('SIZE')) : undefined,
      installedAt: time > 0 ? new Date(time * 1000).toISOString() : undefined,
    };
  }
}
