import { type Found, source } from '../../source';

const COLUMNS = ['application', 'name', 'version', 'branch', 'arch', 'origin', 'installation'];

/** `flatpak list` with columns separated by tabs, as it writes them to a pipe: the system's, and those of the agent's user. */
export const flatpak = source({
  section: 'software',
  source: 'flatpak',
  keys: 'flatpak|',
  platforms: ['linux'],
  async collect({ commands }) {
    if (!(await commands.has('flatpak'))) return { items: [], unreadable: [] };
    const text = await commands.run('flatpak', ['list', '--system', `--columns=${COLUMNS.join(',')}`]);
    const why = "packages in users' own installations are not looked for";
    return { items: text.split('\n').flatMap(packageOf), unreadable: [{ what: 'flatpaks of users', why }] };
  },
});

function packageOf(line: string): Array<Found<'software'>> {
  const [application, , version, branch, architecture, origin, installation] = line
    .split('\t')
    .map((text) => text.trim());
  // Runtimes often have no version; what they are is their branch.
  if (!application || line.startsWith('Application ID\t')) return [];
  return [
    {
      source: 'flatpak',
      name: application,
      version: version || branch || '',
      architecture,
      publisher: origin || undefined,
      // Branches of a runtime are kept side by side.
      scope: [installation, branch].filter(Boolean).join(' ') || undefined,
    },
  ];
}
