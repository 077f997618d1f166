import { installWrapper } from '../setup/wrapper';
import type { Entry } from './journal';
import { fileOf, type Release } from './release';
import { placeFiles } from './staged-files';

/** The program that runs the command from its image, in a release. */
const WRAPPER = 'compose/muster';

/** Undefined where the release has none. @throws CliError when it is not what was signed */
export async function wrapperOf(release: Release): Promise<string | undefined> {
  const signed = release.manifest.files.find(({ path }) => path === WRAPPER);
  return signed && fileOf(release, signed);
}

/**
 * The next version is the present one: its files are in their places, and the program in the server's folder runs the command
 * of the same version. Interrupted anywhere, it can be done again.
 */
export async function placeRelease(folder: string, release: Release, { from, to }: Entry): Promise<void> {
  const wrapper = release.manifest.version === to ? await wrapperOf(release) : undefined;
  placeFiles(folder, from);
  if (wrapper) installWrapper(folder, wrapper);
}
