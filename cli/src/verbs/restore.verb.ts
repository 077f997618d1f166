import { resolve } from 'node:path';
import type { ServerKind } from '../backup/archive/entries';
import { PASSPHRASE_OPTIONS, passphraseOf } from '../backup/passphrase';
import { ComposeTarget } from '../backup/restore/compose-target';
import { LocalTarget } from '../backup/restore/local-target';
import { restoreBackup, type Restored } from '../backup/restore/restore-backup';
import type { RestoreTarget } from '../backup/restore/target';
import { readHeader } from '../backup/sealed/sealed-reader';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { defineVerb, type OptionSpecs, type OptionValues } from '../core/verb';
import { defaultFolder } from '../setup/context';
import { wholeNumber } from './numbers';

const OPTIONS = {
  dir: { type: 'text', value: 'DIR', about: "The server's folder; /opt/muster/itsm or xmpp when left out." },
  local: { type: 'text', value: 'DIR', about: 'Data folder of a local stack instead, for the backup of one.' },
  ports: { type: 'text', value: 'BASE', about: 'With --local: its first port; the one that it had, or 8000.' },
  ...PASSPHRASE_OPTIONS,
  replace: { type: 'flag', about: 'Put the backup in the place of what runs there; its files are moved aside.' },
  release: {
    type: 'text',
    value: 'VERSION',
    about: 'Version of the images; that of this muster when left out, not older than the backup.',
  },
  set: { type: 'list', value: 'NAME=VALUE', about: 'Another value in .env, as on a host with another address.' },
  revocations: {
    type: 'text',
    value: 'FILE',
    about: 'Younger list of revoked devices ("muster backup revocations").',
  },
  'revoke-credentials': { type: 'flag', about: 'End all API tokens and registration keys.' },
  'no-start': { type: 'flag', about: 'Start database and queues only.' },
  wait: { type: 'text', value: 'SECONDS', about: 'How long to wait until everything is ready; 300 when left out.' },
} as const satisfies OptionSpecs;

defineVerb({
  name: 'restore',
  summary: 'Bring a server back from one file, on this host or a new one.',
  arguments: ['FILE'],
  options: OPTIONS,
  remarks: [
    'Everything is as before until the whole file has been read and proven. A backup of an older version is brought up to',
    'date when the services start. All people sign in again; devices come back by themselves.',
    'Example: muster restore /srv/backups/muster-itsm-20250601T023000Z.backup --revocations revocations.json',
  ],
  async run({ options, positionals: [given = ''], terminal, environment }) {
    const file = resolve(given);
    const { server } = await readHeader(file);
    const version = options.release ?? environment['MUSTER_VERSION'] ?? 'unknown';
    const target = await targetOf(server, options, { version, terminal });
    const passphrase = await passphraseOf(options['passphrase-file'], environment, { twice: false });
    const restored = await restoreBackup({
      ...{ file, passphrase, terminal, target, version, replace: options.replace },
      ...(options.revocations === undefined ? {} : { revocationsFile: resolve(options.revocations) }),
      revokeCredentials: options['revoke-credentials'],
    });
    return { data: restored, text: words(restored) };
  },
});

const FOR_DOCKER = ['dir', 'release', 'set', 'no-start'] as const;

/** @throws CliError where the backup is of the other kind, or options are about the other one */
async function targetOf(
  server: ServerKind,
  options: OptionValues<typeof OPTIONS>,
  { version, terminal }: { version: string; terminal: Terminal },
): Promise<RestoreTarget> {
  const { local, ports } = options;
  if (server === 'local' && local === undefined) {
    throw new CliError(EXIT.usage, 'This is the backup of a local stack.', 'Name its data folder: --local DIR.');
  }
  if (server !== 'local' && local !== undefined) {
    throw new CliError(EXIT.usage, 'This is no backup of a local stack.', "Name the server's folder: --dir DIR.");
  }
  const waitSeconds = wholeNumber('wait', options.wait, 300);
  if (local !== undefined) {
    const given = FOR_DOCKER.find((name) => (name === 'set' ? options.set.length > 0 : Boolean(options[name])));
    if (given) throw new CliError(EXIT.usage, `--${given} is not about a local stack.`);
    const base = ports === undefined ? {} : { ports: wholeNumber('ports', ports, 0) };
    return LocalTarget.at(resolve(local), { waitSeconds, ...base });
  }
  if (ports !== undefined) {
    throw new CliError(EXIT.usage, '--ports is about a local stack.', 'On a server with Docker, .env has the ports.');
  }
  return new ComposeTarget({
    ...{ version, waitSeconds, terminal, changes: changesOf(options.set), start: !options['no-start'] },
    folder: resolve(options.dir ?? defaultFolder(server === 'xmpp' ? 'xmpp' : 'itsm')),
  });
}

function changesOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const [, name, value] = /^([A-Za-z_]\w*)=([^\n"'\\$`#]*)$/.exec(one) ?? [];
      if (name === undefined || value === undefined) {
        throw new CliError(EXIT.usage, `--set takes NAME=VALUE without quotes, $ and #, not "${one}".`);
      }
      if (name === 'MUSTER_VERSION') {
        throw new CliError(EXIT.usage, 'The version is not changed with --set.', 'Add --release VERSION.');
      }
      return [name, value];
    }),
  );
}

function words({ manifest, folder, version, aside, fenced, started }: Restored): string {
  const lines = [`Restored into ${folder}, as of ${manifest.takenAt}.`];
  if (version !== manifest.version) lines.push(`It was of version ${manifest.version}, and is now of ${version}.`);
  if (aside) lines.push(`The files that were there before are in ${aside}: remove them once you are sure.`);
  if (fenced) {
    const { sessions, devices, tokens, registrationKeys } = fenced;
    lines.push(
      `${sessions} sign-in sessions were ended, ${devices} devices revoked again that the backup had as good.`,
    );
    if (tokens + registrationKeys > 0) {
      lines.push(
        `As in the backup, ${tokens} API tokens and ${registrationKeys} registration keys are good: what you have ended since, end`,
        'again (or restore with --revoke-credentials).',
      );
    }
  }
  const start =
    manifest.server === 'local' ? `npm start -- --data ${folder}` : `muster compose --dir ${folder} up --detach`;
  lines.push(started ? 'Everything is ready.' : `The services were not started: ${start}`);
  return lines.join('\n');
}
