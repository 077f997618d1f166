import { existsSync, readFileSync } from 'node:fs';
import { stderr, stdin } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, EXIT } from '../core/exit-codes';
import type { OptionSpecs } from '../core/verb';

export const PASSPHRASE_OPTIONS = {
  'passphrase-file': {
    type: 'text',
    value: 'FILE',
    about: "File with the backup's passphrase; BACKUP_PASSPHRASE_FILE, or a question, when left out.",
  },
} as const satisfies OptionSpecs;

const LEAST = 12;
/** The first is passed on into the command's own container too. */
const VARIABLES = ['MUSTER_BACKUP_PASSPHRASE_FILE', 'BACKUP_PASSPHRASE_FILE'];

/** The file that an option names, or the environment. */
export const passphraseFileOf = (
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined => given ?? VARIABLES.map((name) => environment[name]).find(Boolean);

export type Ask = (question: string) => Promise<string>;

/**
 * From the file that an option or the environment names, or from a person.
 * @param twice asks again, so that a backup does not get a passphrase with a slip in it
 * @throws CliError when there is none, or it is too short to protect anything
 */
export async function passphraseOf(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  { twice, ask = stdin.isTTY ? askSecret : undefined }: { twice: boolean; ask?: Ask },
): Promise<string> {
  const file = passphraseFileOf(given, environment);
  const passphrase = file ? inFile(file) : await asked(twice, ask);
  if (passphrase.length < LEAST) {
    const what = passphrase === '' ? 'is empty' : `has less than ${LEAST} characters`;
    throw new CliError(
      EXIT.data,
      `The passphrase ${what}.`,
      'Whoever has a backup may guess at it as long as they like.',
    );
  }
  return passphrase;
}

function inFile(file: string): string {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no file ${file} with a passphrase.`);
  return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
}

async function asked(twice: boolean, ask: Ask | undefined): Promise<string> {
  if (!ask) {
    throw new CliError(
      EXIT.usage,
      'A backup is encrypted, and no passphrase is given.',
      'Add --passphrase-file FILE, or set BACKUP_PASSPHRASE_FILE; on a terminal, muster asks.',
    );
  }
  const passphrase = await ask('Passphrase of the backup: ');
  if (twice && (await ask('The same again: ')) !== passphrase) {
    throw new CliError(EXIT.usage, 'These were two different passphrases.');
  }
  return passphrase;
}

/** What is typed is not shown. */
async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  stderr.write(question);
  try {
    return await lines.question('');
  } finally {
    lines.close();
    stderr.write('\n');
  }
}
