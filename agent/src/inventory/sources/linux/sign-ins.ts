import { readUtmp, type UtmpRecord } from '../../formats/utmp';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

/** The newest sign-ins that are kept: what is older went to the history when it was new. */
const MOST = 50;
const TAIL_BYTES = 2 * 1024 * 1024;
const FILES = ['/var/log/wtmp.1', '/var/log/wtmp'];
const SYSTEMD_SESSIONS = '/run/systemd/sessions';

/** wtmp(5): who signed in and out. Systems that do not write it any more are asked for their sessions of this moment. */
export const linuxSignIns = source({
  section: 'sign-ins',
  source: 'wtmp',
  platforms: ['linux'],
  async collect(machine) {
    const records: UtmpRecord[] = [];
    let there = false;
    for (const path of FILES) {
      const bytes = await machine.files.tail(path, TAIL_BYTES);
      there ||= bytes !== undefined;
      if (bytes) records.push(...readUtmp(bytes, machine.architecture));
    }
    if (there) return { items: newest(signIns(records)), unreadable: [] };
    const why = (await machine.files.why('/var/log/wtmp')) ?? 'this system does not write /var/log/wtmp';
    return { items: await currentSessions(machine), unreadable: [{ what: 'past sign-ins', why }] };
  },
});

type SignIn = Found<'sign-ins'>;

/** Joins beginnings with ends: a record for the same terminal, a start of the system, or its shutdown ends a session. */
export function signIns(records: readonly UtmpRecord[]): SignIn[] {
  const all: SignIn[] = [];
  const open = new Map<string, SignIn>();
  const end = (line: string, at: number): void => {
    const session = open.get(line);
    if (session) session.endedAt = new Date(at).toISOString();
    open.delete(line);
  };
  for (const { type, line, user, host, at } of records) {
    if (type === 'boot' || type === 'shutdown') for (const name of [...open.keys()]) end(name, at);
    else if (type === 'dead') end(line, at);
    else if (type === 'user' && user) {
      end(line, at);
      const session: SignIn = {
        user,
        terminal: line,
        // A display of this device is its console.
        from: host && !host.startsWith(':') ? host : undefined,
        startedAt: new Date(at).toISOString(),
      };
      open.set(line, session);
      all.push(session);
    }
  }
  return all;
}

const newest = (all: readonly SignIn[]): SignIn[] => {
  // Who is signed in stays, however long ago it was.
  const open = all.filter(({ endedAt }) => endedAt === undefined);
  return [...new Set([...open.slice(-MOST), ...all.slice(-MOST)])];
};

/** `loginctl show-session`: one paragraph of `Name=Value` lines for each session. */
async function currentSessions({ commands, files }: Machine): Promise<SignIn[]> {
  const ids = (await files.names(SYSTEMD_SESSIONS)).filter((name) => /^\w+$/.test(name)).slice(0, MOST);
  if (ids.length === 0 || !(await commands.has('loginctl'))) return [];
  const wanted = ['Id', 'Name', 'TTY', 'RemoteHost', 'Timestamp', 'Class', 'State'].map((name) => `--property=${name}`);
  const text = await commands.run('loginctl', ['show-session', ...wanted, ...ids]);
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const pairs = new Map([...paragraph.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
    const user = pairs.get('Name');
    if (!user || !/^user(-early|-light)?$/.test(pairs.get('Class') ?? '') || pairs.get('State') === 'closing')
      return [];
    const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(pairs.get('Timestamp') ?? '') ?? [];
    return [
      {
        user,
        terminal: pairs.get('TTY') || undefined,
        from: pairs.get('RemoteHost') || undefined,
        startedAt: day && time ? `${day}T${time}.000Z` : undefined,
      },
    ];
  });
}
