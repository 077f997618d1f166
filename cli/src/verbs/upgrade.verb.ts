import { resolve } from 'node:path';
import { PASSPHRASE_OPTIONS } from '../backup/passphrase';
import { exitCodeOf, inWords, summary } from '../checks/run-checks';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { defineVerb } from '../core/verb';
import { releasePlaces } from '../setup/context';
import type { Site } from '../site/site';
import { Commands } from '../site/commands';
import { ComposeStack } from '../stack/compose-stack';
import { BackupBefore } from '../upgrade/backup-before';
import { Edge } from '../upgrade/edge';
import { Engine } from '../upgrade/engine';
import { Recreator } from '../upgrade/recreate';
import { findRelease, releaseFolders } from '../upgrade/release';
import { keepKeys, trustedKeys } from '../upgrade/release-keys';
import { Replacer } from '../upgrade/replace';
import { Rollout } from '../upgrade/rollout';
import { ComposeProject } from '../upgrade/stack-files';
import { upgrade, type UpgradeOutcome } from '../upgrade/upgrade';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

defineVerb({
  name: 'upgrade',
  summary: 'Bring this server to a newer version while it works, or leave it as it is.',
  options: {
    dir: SITE_OPTIONS.dir,
    to: { type: 'text', value: 'VERSION', about: 'The version; the newest that is here when left out.' },
    'release-dir': {
      type: 'text',
      value: 'DIR',
      about: 'Folder of the unpacked release; that of this program, or below /opt/muster/releases, when left out.',
    },
    'release-key': {
      type: 'text',
      value: 'FILE',
      about: 'Public key of who releases (PEM); what this server trusted before when left out.',
    },
    check: { type: 'flag', about: 'Make the checks only, and change nothing.' },
    ...PASSPHRASE_OPTIONS,
    'backup-file': {
      type: 'text',
      value: 'FILE',
      about: 'Where the backup goes; backups/ of this server when left out.',
    },
    'no-backup': { type: 'flag', about: 'Make no backup.' },
    wait: {
      type: 'text',
      value: 'SECONDS',
      about: 'How long a new container may take to become ready; 180 when left out.',
    },
    drain: {
      type: 'text',
      value: 'SECONDS',
      about: 'How long requests at work are waited for before the old container is told to stop; 10 when left out.',
    },
    force: { type: 'flag', about: 'Go on in spite of faults of the ground.' },
  },
  remarks: [
    'Checks, backs up, and replaces one service after the other: the new one is started beside the old one and gets requests when',
    'it is ready. NATS, PostgreSQL, broker and edge are made anew only where they changed, and the pause is measured. When something',
    'does not become ready, everything goes back by itself. Interrupted, it goes on where it was when it is run again.',
    'Upgrade the ITSM server first, then the XMPP server. MUSTER_RELEASE_KEY names the key too.',
  ],
  async run({ options, terminal, environment }) {
    const site = siteOf({ dir: options.dir, local: undefined });
    if (site.kind === 'local' || !(site.stack instanceof ComposeStack)) {
      throw new CliError(
        EXIT.config,
        'A local stack is not upgraded: it runs what is built.',
        'Run "npm start" again.',
      );
    }
    const { folder, kind: server } = site;
    const trusted = trustedKeys(folder, options['release-key'] ?? environment['MUSTER_RELEASE_KEY']);
    const places =
      options['release-dir'] === undefined ? [...releasePlaces(), '/opt/muster'] : [resolve(options['release-dir'])];
    const release = findRelease(releaseFolders(places), trusted.keys, options.to);
    const commands = new Commands();
    const { project } = site.stack;
    const parts = stackParts(site, project, commands, {
      readySeconds: wholeNumber('wait', options.wait, 180),
      drainSeconds: wholeNumber('drain', options.drain, 10),
    });
    const backup = new BackupBefore(site, terminal, {
      environment,
      ...(options['backup-file'] === undefined ? {} : { file: options['backup-file'] }),
      ...(options['passphrase-file'] === undefined ? {} : { passphraseFile: options['passphrase-file'] }),
    });
    const outcome = await upgrade({
      ...{ site, server, release, commands, terminal, engine: parts.engine },
      rollout: new Rollout({ ...parts, terminal }),
      ...(options['no-backup'] ? {} : { backup }),
      checkOnly: options.check,
      force: options.force,
    });
    if (outcome.changed) keepKeys(folder, trusted);
    return { data: outcome, text: words(outcome, terminal, options.check), exitCode: exitCodeOf(outcome.findings) };
  },
});

function stackParts(
  site: Site,
  project: string,
  commands: Commands,
  patience: { readySeconds: number; drainSeconds: number },
) {
  const engine = new Engine(project, commands);
  const compose = new ComposeProject(site.folder, project, commands);
  const replacer = new Replacer(engine, compose, new Edge(engine), patience);
  const [certificate] = site.certificates;
  const published = certificate ? { [site.kind === 'xmpp' ? 'push-broker' : 'web']: certificate.place } : {};
  return {
    engine,
    compose,
    replacer,
    recreator: new Recreator(engine, compose, replacer, published, patience.readySeconds),
  };
}

function words(outcome: UpgradeOutcome, terminal: Terminal, checked: boolean): string {
  const { from, to, findings, changed, replaced = [], pauses = [], migrations = [], backup } = outcome;
  if (checked) {
    const found = inWords(findings, terminal);
    return [found, from === to ? `${to} runs already.` : `${from} → ${to}. ${summary(findings)}`]
      .filter(Boolean)
      .join('\n');
  }
  if (!changed) return `${to} runs already.`;
  const lines = [`${to} runs; ${from} ran before.`];
  if (replaced.length > 0) lines.push(`Without a pause: ${replaced.map(({ service }) => service).join(', ')}.`);
  for (const { services, seconds } of pauses) {
    const names = services.join(', ');
    lines.push(
      seconds === undefined
        ? `With a pause that was not measured, since the upgrade was interrupted in it: ${names}.`
        : `With a pause of ${seconds.toFixed(1)} s: ${names}.`,
    );
  }
  if (migrations.length > 0) lines.push(`Migrations: ${migrations.join(', ')}.`);
  if (backup) lines.push(`Backup: ${backup}.`);
  if (to !== from) lines.push(`The compose file that ran is kept as docker-compose.yml.${from}.`);
  return lines.join('\n');
}
