import type { Unreadable } from '@muster/contracts';
import type { Machine } from '../../machine/machine';

/** People's accounts begin here (login.defs UID_MIN); below are those of services, but for root. */
const FIRST_PERSON = 1000;
const NOBODY = 65_534;
const MOST = 500;

/** Home folders of people and root from /etc/passwd or /Users; those that the agent may not enter are told. */
export async function homesOf(machine: Machine, what: string): Promise<{ homes: string[]; unreadable: Unreadable[] }> {
  const { files, platform } = machine;
  const all = platform === 'macos' ? await macHomes(machine) : await passwdHomes(machine);
  const homes: string[] = [];
  const unreadable: Unreadable[] = [];
  for (const home of all.slice(0, MOST)) {
    const why = await files.why(home);
    if (why) unreadable.push({ what: `${what} below ${home}`, why });
    else if ((await files.stat(home))?.isDirectory()) homes.push(home);
  }
  return { homes, unreadable };
}

async function passwdHomes({ files }: Machine): Promise<string[]> {
  const lines = ((await files.text('/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'));
  const homes = lines
    .filter(([, , id]) => id === '0' || (Number(id) >= FIRST_PERSON && Number(id) !== NOBODY))
    .map(([, , , , , home = '']) => home)
    .filter((home) => home.startsWith('/') && home !== '/');
  return [...new Set(homes)];
}

const macHomes = async ({ files }: Machine): Promise<string[]> =>
  (await files.names('/Users'))
    .filter((name) => name !== 'Shared' && !name.startsWith('.'))
    .map((name) => `/Users/${name}`);
