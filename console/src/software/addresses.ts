import type { SoftwareSource, VersionComparison } from '@muster/contracts';

/** Where the fleet's versions of a product are shown. */
export const productAddress = (source: SoftwareSource, name: string): string =>
  `/software/product?${new URLSearchParams({ source, name })}`;

/** Where the devices are shown that have a product, in a version if one is given. */
export function installationsAddress(
  source: SoftwareSource,
  name: string,
  version?: { comparison: VersionComparison; version: string },
): string {
  return `/software/devices?${new URLSearchParams({ name, source, ...version })}`;
}
