import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { releasePlaces } from './context';
import { readEnvFile } from './env-file';

/**
 * The shell program that runs `muster` from this image, for a server without Node.js.
 * @param released that of the release that is meant. @throws CliError
 */
export function wrapper(image: string, released = releasedWrapper()): string {
  if (!released) {
    throw new CliError(EXIT.config, 'compose/muster of the release is not there.', 'Unpack the whole release.');
  }
  if (!/^[\w./:@-]+$/.test(image)) throw new CliError(EXIT.config, `"${image}" is no name of an image.`);
  return readFileSync(released, 'utf8').replace(/^usual_image=.*$/m, `usual_image=${image}`);
}

/** Puts it into a server's folder, so that whoever has the folder can run it. @returns whether it changed */
export function installWrapper(folder: string, released = releasedWrapper()): boolean {
  if (!released) return false; // the stack runs without
  const { MUSTER_IMAGE_PREFIX, MUSTER_VERSION } = readEnvFile(join(folder, '.env'));
  const file = join(folder, 'muster');
  const text = wrapper(`${MUSTER_IMAGE_PREFIX || 'muster'}/cli:${MUSTER_VERSION ?? 'latest'}`, released);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  writeFileSync(`${file}.new`, text, { mode: 0o755 });
  renameSync(`${file}.new`, file);
  return true;
}

const releasedWrapper = (): string | undefined =>
  releasePlaces()
    .map((place) => join(place, 'compose/muster'))
    .find((file) => existsSync(file));
