import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

const FOLDER = '/var/lib/dpkg';

/**
 * dpkg's database (deb822 paragraphs), as `dpkg-query` reads it: packages that are unpacked, configured or in between.
 * Images without dpkg itself have a folder of such files.
 */
export const dpkg = source({
  section: 'software',
  source: 'dpkg',
  keys: 'dpkg|',
  platforms: ['linux'],
  async collect(machine) {
    const parts = await machine.files.names(`${FOLDER}/status.d`);
    const files = [
      `${FOLDER}/status`,
      ...parts.filter((name) => !name.endsWith('.md5sums')).map((name) => `${FOLDER}/status.d/${name}`),
    ];
    return { items: packages(machine, files), unreadable: [] };
  },
});

async function* packages(machine: Machine, paths: readonly string[]): AsyncGenerator<Found<'software'>> {
  for (const path of paths) {
    let paragraph = new Map<string, string>();
    for await (const line of machine.files.lines(path)) {
      if (line === '') {
        yield* packageOf(machine, paragraph);
        paragraph = new Map();
      }
      // Lines that go on from the one before begin with a blank.
      if (line[0] === ' ' || line[0] === '\t') continue;
      const at = line.indexOf(':');
      if (at > 0) paragraph.set(line.slice(0, at), line.slice(at + 1).trim());
    }
    yield* packageOf(machine, paragraph);
  }
}

function packageOf({ files }: Machine, about: ReadonlyMap<string, string>): Array<Found<'software'>> {
  const name = about.get('Package');
  const version = about.get('Version');
  // `want flag state`; files of status.d have none.
  const state = about.get('Status')?.split(' ')[2] ?? 'installed';
  if (!name || !version || state === 'not-installed' || state === 'config-files') return [];
  const architecture = about.get('Architecture');
  const listed = [`${name}.list`, `${name}:${architecture}.list`].map((file) => `${FOLDER}/info/${file}`);
  const kilobytes = Number(about.get('Installed-Size'));
  return [
    {
      source: 'dpkg',
      name,
      version,
      architecture,
      publisher: about.get('Maintainer'),
      sizeBytes: kilobytes >= 0 ? kilobytes * 1024 : undefined,
      // dpkg writes the list of a package's files when it installs this version.
      installedAt: (files.changedAt(listed[0] ?? '') ?? files.changedAt(listed[1] ?? ''))?.toISOString(),
    },
  ];
}
