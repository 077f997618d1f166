import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';

/** Groups whose members may become root by the rules that distributions ship. */
const ADMINISTRATORS = ['sudo', 'wheel', 'admin', 'root'];
const SHADOW = '/etc/shadow';

/** Accounts and groups as the name service gives them: local ones, and those of a directory that lets itself be listed. */
export const linuxUsers = source({
  section: 'users',
  source: 'passwd',
  platforms: ['linux'],
  async collect(machine) {
    const groups = (await database(machine, 'group')).map(([name = '', , id = '', members = '']) => ({
      name,
      id,
      members: new Set(members.split(',').filter(Boolean)),
    }));
    const groupNames = new Map(groups.map(({ id, name }) => [id, name]));
    const memberships = new Map<string, string[]>();
    for (const { name, members } of groups)
      for (const member of members) memberships.set(member, [...(memberships.get(member) ?? []), name]);
    const locked = await lockedAccounts(machine);
    const seen = new Set<string>();
    const items = (await database(machine, 'passwd')).flatMap((fields): Array<Found<'users'>> => {
      const [name = '', , id = '', group = '', about = '', home = '', shell = ''] = fields;
      if (!name || !/^\d+$/.test(id) || seen.has(name)) return [];
      seen.add(name);
      const own = [...new Set([groupNames.get(group) ?? [], memberships.get(name) ?? []].flat())].sort();
      return [
        {
          name,
          id,
          fullName: about.split(',')[0] || undefined,
          home: home || undefined,
          shell: shell || undefined,
          administrator: id === '0' || own.some((entry) => ADMINISTRATORS.includes(entry)),
          disabled: locked?.has(name),
          groups: own,
        },
      ];
    });
    const why = (await machine.files.why(SHADOW)) ?? `not there: ${SHADOW}`;
    return { items, unreadable: locked ? [] : [{ what: 'disabled accounts', why }] };
  },
});

async function database({ commands, files }: Machine, name: 'passwd' | 'group'): Promise<string[][]> {
  const text = (await commands.has('getent'))
    ? await commands.run('getent', [name])
    : ((await files.text(`/etc/${name}`)) ?? '');
  return text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.split(':'));
}

/**
 * Accounts that their owners cannot sign in to: locked passwords (`!` before a hash) of accounts that had one, and those
 * past their day of expiry (shadow(5)). Service accounts never had a password; they are what they are, not disabled.
 */
async function lockedAccounts({ files }: Machine): Promise<Set<string> | undefined> {
  const shadow = await files.text(SHADOW);
  if (shadow === undefined) return undefined;
  const today = Date.now() / 86_400_000;
  const locked = new Set<string>();
  for (const line of shadow.split('\n')) {
    const [name = '', password = '', , , , , , expiry = ''] = line.split(':');
    if (/^!+\$/.test(password) || (expiry !== '' && Number(expiry) <= today)) locked.add(name);
  }
  return locked;
}
