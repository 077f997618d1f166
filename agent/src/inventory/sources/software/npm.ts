import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { foldersLike } from './folders';
import { homesOf } from './homes';

const SYSTEM = ['/usr/lib/node_modules', '/usr/local/lib/node_modules', '/opt/homebrew/lib/node_modules'];
const OF_USERS = [
  '.npm-global/lib/node_modules',
  '.local/lib/node_modules',
  '.nvm/versions/node/*/lib/node_modules',
  '.volta/tools/image/packages/*/lib/node_modules',
];

/** Globally installed npm packages: the folders below each global `node_modules`. npm is not run. */
export const npm = source({
  section: 'software',
  source: 'npm',
  keys: 'npm|',
  platforms: ['linux', 'macos'],
  async collect(machine) {
    const { homes, unreadable } = await homesOf(machine, 'npm packages');
    const places = [...SYSTEM, ...homes.flatMap((home) => OF_USERS.map((place) => `${home}/${place}`))];
    return { items: packages(machine, places), unreadable };
  },
});

async function* packages(machine: Machine, places: readonly string[]): AsyncGenerator<Found<'software'>> {
  for (const place of places)
    for (const folder of await foldersLike(machine.files, place))
      for (const name of await machine.files.names(folder)) {
        if (name.startsWith('.')) continue;
        const scoped = name.startsWith('@') ? await machine.files.names(`${folder}/${name}`) : undefined;
        for (const path of scoped ? scoped.map((inner) => `${name}/${inner}`) : [name])
          yield* await packageOf(machine, folder, path);
      }
}

async function packageOf({ files }: Machine, folder: string, path: string): Promise<Array<Found<'software'>>> {
  const about = parseObject(await files.text(`${folder}/${path}/package.json`));
  const { name, version, author } = about ?? {};
  if (typeof name !== 'string' || !name || typeof version !== 'string') return [];
  const maker = typeof author === 'object' && author !== null ? (author as { name?: unknown }).name : author;
  return [{ source: 'npm', name, version, publisher: typeof maker === 'string' ? maker : undefined, scope: folder }];
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
