import type { SoftwareSource, VersionComparison } from '@muster/contracts';
import { apk } from './apk';
import { dpkg } from './dpkg';
import { natural } from './natural';
import { npm } from './npm';
import { pacman } from './pacman';
import { python } from './python';
import { rpm } from './rpm';
import type { VersionOrder } from './version-order';

/** How the versions of each source are ordered. */
export const VERSION_ORDERS: Readonly<Record<SoftwareSource, VersionOrder>> = {
  dpkg,
  rpm,
  apk,
  pacman,
  pip: python,
  npm,
  snap: natural,
  flatpak: natural,
  windows: natural,
  appx: natural,
  macos: natural,
  homebrew: natural,
};

const HOLDS: Readonly<Record<VersionComparison, (difference: number) => boolean>> = {
  below: (difference) => difference < 0,
  'at-most': (difference) => difference <= 0,
  exactly: (difference) => difference === 0,
  'at-least': (difference) => difference >= 0,
  above: (difference) => difference > 0,
};

/** Whether an installed version is below, above and so on the one that somebody asks about. */
export function holds(
  source: SoftwareSource,
  installed: string,
  comparison: VersionComparison,
  asked: string,
): boolean {
  const order = VERSION_ORDERS[source];
  const difference = order.against?.(installed, asked) ?? order.compare(installed, asked);
  return HOLDS[comparison](difference);
}
