import type { KeyObject } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT } from '../core/exit-codes';
import { publicKeysIn } from './manifest';

/** Whose signatures count: Ed25519 public keys, PEM, one after another. */
export const KEY_FILE = 'release-key.pem';

export interface TrustedKeys {
  keys: KeyObject[];
  file: string;
}

/**
 * In this order: the file that is named; what this server has trusted before, so that a release cannot bring its own key
 * along; what came with this program. @throws CliError when there is none
 */
export function trustedKeys(folder: string, named?: string): TrustedKeys {
  if (named !== undefined && !existsSync(named)) throw new CliError(EXIT.missing, `There is no file ${named}.`);
  const shipped = fileURLToPath(new URL(KEY_FILE, import.meta.url));
  const file = [named, join(folder, KEY_FILE), shipped].find((one) => one !== undefined && existsSync(one));
  if (file) return { file, keys: publicKeysIn(file) };
  throw new CliError(
    EXIT.config,
    'Nobody is known whose releases are trusted here.',
    `Name the public key of who releases with --release-key FILE; it is kept as ${KEY_FILE} in ${folder}.`,
  );
}

/** From the first upgrade on, this server believes these keys only. */
export function keepKeys(folder: string, { file }: TrustedKeys): void {
  const kept = join(folder, KEY_FILE);
  if (!existsSync(kept)) copyFileSync(file, kept);
}
