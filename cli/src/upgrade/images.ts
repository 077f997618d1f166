import { CliError, EXIT } from '../core/exit-codes';
import type { Engine } from './engine';
import { imageName } from './plan';
import { fileOf, type Release } from './release';

/** Where the images of the next version are, or are not. */
export interface FoundImages {
  here: string[];
  missing: string[];
  /** Something else has their name. */
  others: string[];
}

/** Looks for images and whether they are what was signed. @param images with prefix and tag */
export async function findImages(engine: Engine, release: Release, images: readonly string[]): Promise<FoundImages> {
  const found: FoundImages = { here: [], missing: [], others: [] };
  for (const image of new Set(images)) {
    const has = await engine.fingerprint(image);
    if (has === undefined) found.missing.push(image);
    else if (has === signedFingerprint(release, image)) found.here.push(image);
    else found.others.push(image);
  }
  return found;
}

/** @throws CliError when the release has no such image */
export function signedFingerprint({ manifest }: Release, image: string): string {
  const found = manifest.images.find(({ name }) => name === imageName(image));
  if (found) return found.fingerprint;
  throw new CliError(EXIT.data, `The release ${manifest.version} has no image "${imageName(image)}".`);
}

const WHERE =
  'Put the release with its archive of images on this server, or name a registry in MUSTER_IMAGE_PREFIX of .env.';

/**
 * Loads what is missing from the release's archive, or asks the registry that the images' names begin with.
 * @throws CliError when one is not there afterwards, or is not what was signed
 */
export async function fetchImages(
  engine: Engine,
  release: Release,
  {
    server,
    images,
    progress,
  }: { server: 'itsm' | 'xmpp'; images: readonly string[]; progress: (sentence: string) => void },
): Promise<void> {
  const { missing, others } = await findImages(engine, release, images);
  const wanted = [...missing, ...others];
  if (wanted.length === 0) return;
  const archive = release.manifest.archives.find((one) => one.server === server);
  if (archive) {
    progress(`Loading ${archive.path} (${Math.ceil(archive.bytes / 1e6)} MB) …`);
    const fault = await engine.fetchImages(['load', '--input', await fileOf(release, archive)]);
    if (fault) throw new CliError(EXIT.unavailable, `The images could not be loaded: ${fault}`);
  } else {
    for (const image of wanted) {
      progress(`Fetching ${image} …`);
      const fault = await engine.fetchImages(['pull', image]);
      if (fault) throw new CliError(EXIT.missing, `The image ${image} is neither here nor to be had: ${fault}`, WHERE);
    }
  }
  const left = await findImages(engine, release, wanted);
  if (left.missing.length > 0) {
    throw new CliError(
      EXIT.missing,
      `These images are in no archive of the release: ${left.missing.join(', ')}.`,
      WHERE,
    );
  }
  if (left.others.length > 0) {
    throw new CliError(EXIT.data, `These images are not those that were signed: ${left.others.join(', ')}.`, WHERE);
  }
}
