import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from './execute';

const IMAGES = process.env['MUSTER_CACHE'] ?? '/var/tmp/muster-images';
const NAME = 'bookworm-booting';

/**
 * The folder of the smallest Debian that boots; made once, from Debian's archive, in half a minute of processor time.
 * @throws Error with what debootstrap said when it cannot be made
 */
export async function bootableDebian(): Promise<string> {
  const image = join(IMAGES, NAME);
  if (existsSync(image)) return image;
  mkdirSync(IMAGES, { recursive: true });
  const draft = mkdtempSync(join(IMAGES, '.making-'));
  try {
    const packages = '--include=systemd-sysv,curl,ca-certificates,procps';
    const mirror = process.env['MUSTER_DEBIAN_MIRROR'];
    const from = mirror ? [mirror] : [];
    const made = await execute('debootstrap', ['--variant=minbase', packages, 'bookworm', draft, ...from]);
    if (made.code !== 0) throw new Error(`a Debian could not be installed:\n${made.stdout}${made.stderr}`);
    // Two runs at a time may have made it; either is good.
    if (!existsSync(image)) renameSync(draft, image);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return image;
}
