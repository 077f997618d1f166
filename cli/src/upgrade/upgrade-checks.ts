import { existsSync, statSync } from 'node:fs';
import { DatabaseFacts } from '../checks/database';
import { dockerCheck } from '../checks/docker';
import { type Check, defineMessages, fault, type Finding, warning } from '../checks/finding';
import { natsCheck } from '../checks/link';
import { roomCheck } from '../checks/machine';
import { serviceCheck } from '../checks/services';
import { CliError } from '../core/exit-codes';
import type { Commands } from '../site/commands';
import type { Site } from '../site/site';
import type { Engine } from './engine';
import { findImages } from './images';
import { Journal } from './journal';
import { fileOf, type Release } from './release';
import type { Wanted } from './wanted-images';

const messages = defineMessages('upgrade', 'What a release needs before `muster upgrade` changes anything.', {
  'schema-ahead': fault(
    'The schema {schema} has migrations that {version} does not know, first {first}.',
    'Something newer has run here: upgrade to that, or restore a backup.',
  ),
  'variable-missing': fault(
    '{version} needs the variable {name} in .env.',
    'Add it; compose/README.md of the release says what it means.',
  ),
  'archive-damaged': fault('{reason}', 'Put the whole release on this server again.'),
  'command-missing': fault(
    '{version} has no image of the command, and this server runs the command from its image.',
    'Take a release that was made with it; --force upgrades all the same and leaves this server without the command.',
  ),
  'images-to-fetch': warning(
    '{count} images of {version} are not here, first {first}; the upgrade fetches them from their registry.',
    'Without a registry put the release with its archive of images on this server.',
  ),
  'upgrade-interrupted': warning(
    'An upgrade from {from} to {to} was interrupted: parts of both versions may run.',
    'Run it again, it goes on where it was: muster upgrade --to {to}.',
  ),
  'images-other': warning(
    '{count} images here have names of {version} and are not what was signed, first {first}; they are replaced.',
    'Nothing, unless somebody built them on purpose.',
  ),
});

/** For doctor: both versions work beside each other, and that is no state to stay in. */
export const interruptedCheck = (folder: string): Check => ({
  name: 'upgrade',
  run: async () => {
    const entry = new Journal(folder).read();
    return entry ? [messages.say('upgrade-interrupted', { from: entry.from, to: entry.to })] : [];
  },
});

/** Free bytes that an upgrade wants besides what it unpacks. */
const SPARE = 1e9;
/** What images take unpacked, in sizes of their archive. */
const UNPACKED = 2.5;

export interface Ground {
  site: Site;
  engine: Engine;
  commands: Commands;
  release: Release;
  server: 'itsm' | 'xmpp';
  wanted: Wanted;
  /** Variables that the release's compose file needs and `.env` lacks. */
  lacking: readonly string[];
  /** An interrupted upgrade goes on: what it left half done is no fault. */
  resumed: boolean;
}

/** Everything that must be right before an upgrade changes anything. */
export const upgradeChecks = (ground: Ground): Check[] => {
  const { site, commands, resumed } = ground;
  return [
    dockerCheck(commands),
    ...(resumed ? [] : [serviceCheck(site.stack, site.folder)]),
    natsCheck(site.stack, site.nats.parts),
    { name: 'machine', run: () => room(ground) },
    { name: 'upgrade', run: async () => variables(ground) },
    { name: 'upgrade', run: () => images(ground) },
    { name: 'upgrade', run: () => schemas(ground) },
  ];
};

async function room({ site, engine, release, server }: Ground): Promise<Finding[]> {
  const archive = release.manifest.archives.find((one) => one.server === server);
  const unpacked = (archive?.bytes ?? 0) * UNPACKED;
  const data = await engine.dataFolder();
  const folders =
    existsSync(data) && statSync(data).dev !== statSync(site.folder).dev ? [data, site.folder] : [site.folder];
  const needs = (folder: string): number => (folder === folders[0] ? unpacked : 0) + SPARE;
  return (await Promise.all(folders.map((folder) => roomCheck(folder, needs(folder)).run()))).flat();
}

function variables({ lacking, release }: Ground): Finding[] {
  const { version } = release.manifest;
  if (lacking.length > 0) return lacking.map((name) => messages.say('variable-missing', { name, version }));
  return [messages.ok(`.env says all that ${version} needs.`)];
}

async function images({ engine, release, server, wanted }: Ground): Promise<Finding[]> {
  const { version } = release.manifest;
  const { missing, others } = await findImages(engine, release, wanted.images);
  const found = [
    ...(wanted.commandMissing ? [messages.say('command-missing', { version })] : []),
    ...(others[0] ? [messages.say('images-other', { count: others.length, first: others[0], version })] : []),
  ];
  if (missing.length + others.length === 0) return [...found, messages.ok(`The images of ${version} are here.`)];
  const archive = release.manifest.archives.find((one) => one.server === server);
  if (!archive) {
    const first = [...missing, ...others][0] ?? '';
    return [...found, messages.say('images-to-fetch', { count: missing.length + others.length, first, version })];
  }
  try {
    await fileOf(release, archive);
    return [...found, messages.ok(`The images of ${version} can be loaded from ${archive.path}.`)];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [...found, messages.say('archive-damaged', { reason: error.message })];
  }
}

/** Old code runs on what a newer release added, and no release runs on what a still newer one did. */
async function schemas({ site, release }: Ground): Promise<Finding[]> {
  const url = await site.stack.databaseUrl();
  if (!url) return [];
  const facts = new DatabaseFacts(url);
  const found = await Promise.all(
    release.manifest.migrations.map(async ({ schema, names }) => {
      const ahead = (await migrationsOf(facts, schema)).filter((name) => !names.includes(name));
      const [first] = ahead;
      return first ? [messages.say('schema-ahead', { schema, first, version: release.manifest.version })] : [];
    }),
  );
  return found.flat().length > 0
    ? found.flat()
    : [messages.ok('The database holds nothing that the release does not know.')];
}

/** Migrations of a schema that have run. Those of the library that all services share have no list in a release. */
async function migrationsOf(facts: DatabaseFacts, schema: string): Promise<string[]> {
  if (!(await facts.has(`${schema}.migrations`))) return [];
  const rows = await facts.rows<{ name: string }>(`SELECT name FROM "${schema}".migrations ORDER BY timestamp`);
  return rows.map(({ name }) => name).filter((name) => !name.startsWith(OUTBOX));
}
const OUTBOX = 'CreateOutbox';

/** Migrations of the release that have not run, as `schema.name`. */
export async function pendingMigrations(site: Site, { manifest }: Release): Promise<string[]> {
  const url = await site.stack.databaseUrl();
  if (!url) return [];
  const facts = new DatabaseFacts(url);
  const lists = await Promise.all(
    manifest.migrations.map(async ({ schema, names }) => {
      const ran = await migrationsOf(facts, schema);
      return names.filter((name) => !ran.includes(name)).map((name) => `${schema}.${name}`);
    }),
  );
  return lists.flat();
}
