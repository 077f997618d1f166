import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf, inWords, runChecks } from '../checks/run-checks';
import type { Finding } from '../checks/finding';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { readComposeFile } from '../setup/compose-file';
import { readEnvFile } from '../setup/env-file';
import { makeSecrets } from '../setup/secrets';
import type { Commands } from '../site/commands';
import type { Site } from '../site/site';
import type { BackupBefore } from './backup-before';
import type { Engine } from './engine';
import { fetchImages } from './images';
import { type Entry, Journal } from './journal';
import { placeRelease, wrapperOf } from './place-release';
import { fileOf, type Release } from './release';
import type { Rollout, RolloutReport } from './rollout';
import { discardStaged, presentTarget } from './staged-files';
import { checkPath } from './version-path';
import { pendingMigrations, upgradeChecks } from './upgrade-checks';
import { wantedImages } from './wanted-images';

export interface UpgradeContext {
  site: Site;
  server: 'itsm' | 'xmpp';
  release: Release;
  engine: Engine;
  rollout: Rollout;
  commands: Commands;
  terminal: Terminal;
  /** Absent: none is wanted. */
  backup?: Pick<BackupBefore, 'prepare' | 'make'>;
  checkOnly: boolean;
  /** Go on in spite of faults of the ground. */
  force: boolean;
}

export interface UpgradeOutcome extends Partial<RolloutReport> {
  from: string;
  to: string;
  findings: Finding[];
  changed: boolean;
  /** Of each schema, that ran. */
  migrations?: string[];
  backup?: string;
}

/** Brings a server to a release, or leaves it as it is. Interrupted anywhere, it can be called again and goes on. */
export async function upgrade(context: UpgradeContext): Promise<UpgradeOutcome> {
  const { site, release, checkOnly } = context;
  const { version: to } = release.manifest;
  const journal = new Journal(site.folder);
  const from = readEnvFile(join(site.folder, '.env'))['MUSTER_VERSION'] ?? '';
  const entry = journal.read();
  checkPath(from, release.manifest);
  if (from === to && !entry) return { from, to, findings: [], changed: false };
  if (entry && entry.to !== to && !entry.placing) throw otherUpgrade(entry);
  if (checkOnly) return { from, to, findings: await checkGround(context, entry !== undefined), changed: false };
  if (!hasBackup(entry)) await context.backup?.prepare();
  return journal.alone(() => changeOver(context, journal, entry ?? { from, to }));
}

const otherUpgrade = ({ from, to }: Entry): CliError =>
  new CliError(
    EXIT.config,
    `An upgrade from ${from} to ${to} was interrupted here.`,
    `Finish it first: muster upgrade --to ${to}.`,
  );

async function changeOver(context: UpgradeContext, journal: Journal, begun: Entry): Promise<UpgradeOutcome> {
  const { site, server, release, engine, rollout, terminal } = context;
  const { from, to } = begun;
  const { folder } = site;
  if (begun.placing) {
    await placeRelease(folder, release, begun);
    const { backup, pauses } = begun;
    journal.end();
    return { from, to, findings: [], changed: true, ...(backup ? { backup } : {}), ...(pauses ? { pauses } : {}) };
  }
  const resumed = journal.read() !== undefined;
  const findings = await checkGround(context, resumed);
  refuseFaults(findings, context);
  const { images } = await wantedImages(context);
  await fetchImages(engine, release, { server, images, progress: (sentence) => terminal.progress(sentence) });
  const compose = readFileSync(await composeFileOf(context), 'utf8');
  const pending = await pendingMigrations(site, release);
  const backup = await backUp(context, begun);
  journal.write({ ...begun, pauses: journal.pauses(), pausing: undefined, ...(backup ? { backup } : {}) });
  makeSecrets(readComposeFile(join(release.folder, 'compose', server), folder).secrets);
  const target = await rollout.stage(compose, release);
  let report: RolloutReport;
  try {
    report = await rollout.forward(target, journal);
    const left = await pendingMigrations(site, release);
    if (left.length > 0) throw new CliError(EXIT.unavailable, `These migrations did not run: ${left.join(', ')}.`);
  } catch (error) {
    await goBack(context, error, from);
    discardStaged(folder);
    journal.end();
    throw rolledBack(error, begun);
  }
  const pauses = journal.pauses();
  journal.add({ placing: true });
  await placeRelease(folder, release, begun);
  await rollout.removeOrphans(presentTarget(folder, to));
  journal.end();
  return { from, to, findings, changed: true, ...report, pauses, migrations: pending, ...(backup ? { backup } : {}) };
}

async function goBack({ rollout, site, terminal }: UpgradeContext, error: unknown, from: string): Promise<void> {
  terminal.progress(`${(error as Error).message}`);
  terminal.progress(`Going back to ${from} …`);
  try {
    await rollout.back(presentTarget(site.folder, from));
  } catch (second) {
    throw new CliError(
      EXIT.unavailable,
      `${(error as Error).message}. Going back to ${from} failed too: ${(second as Error).message}`,
      'Run "muster doctor"; the same upgrade can be run again, and "muster compose up --detach" starts what .env names.',
      { cause: second },
    );
  }
}

const rolledBack = (error: unknown, { from }: Entry): CliError =>
  new CliError(
    error instanceof CliError ? error.exitCode : EXIT.software,
    `${(error as Error).message.replace(/\.$/, '')}. Everything is at ${from} again.`,
    'What the new version added to the database stays and disturbs nobody; mend the cause, or wait for a better release.',
    { cause: error },
  );

const hasBackup = (entry: Entry | undefined): boolean => entry?.backup !== undefined && existsSync(entry.backup);

async function backUp({ backup, terminal }: UpgradeContext, begun: Entry): Promise<string | undefined> {
  if (hasBackup(begun)) {
    terminal.progress(`The backup of the upgrade that was interrupted is ${begun.backup}.`);
    return begun.backup;
  }
  if (backup) return backup.make();
  terminal.progress('No backup is made: what goes wrong with the data cannot be undone.');
  return undefined;
}

const composeFileOf = ({ release, server }: UpgradeContext): Promise<string> => {
  const path = `compose/${server}/docker-compose.yml`;
  const found = release.manifest.files.find((file) => file.path === path);
  if (!found)
    throw new CliError(
      EXIT.data,
      `The release ${release.manifest.version} is none for this server: it has no ${path}.`,
    );
  return fileOf(release, found);
};

async function checkGround(context: UpgradeContext, resumed: boolean): Promise<Finding[]> {
  const { site, engine, commands, release, server, terminal } = context;
  terminal.progress(`Checking what ${release.manifest.version} needs …`);
  await composeFileOf(context);
  await wrapperOf(release);
  const known = readEnvFile(join(site.folder, '.env'));
  const { required } = readComposeFile(join(release.folder, 'compose', server), site.folder);
  const lacking = required.filter((name) => !known[name]);
  return runChecks(
    upgradeChecks({ site, engine, commands, release, server, wanted: await wantedImages(context), lacking, resumed }),
  );
}

function refuseFaults(findings: Finding[], { terminal, force }: UpgradeContext): void {
  const words = inWords(findings, terminal, { all: false });
  if (words) terminal.progress(words);
  if (exitCodeOf(findings) === EXIT.ok || force) return;
  throw new CliError(
    EXIT.config,
    'This server is not ready for an upgrade; nothing was changed.',
    'Do what stands above, or go on in spite of it with --force.',
  );
}
