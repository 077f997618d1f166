import { type Found, source } from '../../source';

/** `snap list`: columns Name, Version, Rev, Tracking, Publisher, Notes, none of them with blanks within. */
export const snap = source({
  section: 'software',
  source: 'snap',
  keys: 'snap|',
  platforms: ['linux'],
  async collect({ commands, files }) {
    if (!(await commands.has('snap'))) return { items: [], unreadable: [] };
    if (!(await files.stat('/run/snapd.socket'))) {
      const why = 'snapd does not run: no /run/snapd.socket';
      const installed = await files.names('/var/lib/snapd/snaps');
      return { items: [], unreadable: installed.length > 0 ? [{ what: 'snap packages', why }] : [] };
    }
    const text = await commands.run('snap', ['list', '--color=never', '--unicode=never']);
    const [heading = '', ...lines] = text.split('\n');
    if (!/^Name\s+Version\s+Rev\s/.test(heading)) return { items: [], unreadable: [] };
    return { items: lines.flatMap(packageOf), unreadable: [] };
  },
});

function packageOf(line: string): Array<Found<'software'>> {
  const [name, version, , , publisher] = line.trim().split(/\s+/);
  if (!name || !version) return [];
  // One and two asterisks mark publishers that the store verified; `-` is none.
  const maker = publisher?.replace(/\*+$/, '');
  return [{ source: 'snap', name, version, publisher: maker === '-' ? undefined : maker }];
}
