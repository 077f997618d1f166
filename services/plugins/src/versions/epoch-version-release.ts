import { byNumber, firstOf, type VersionOrder } from './version-order';

interface Parts {
  epoch: string;
  version: string;
  release?: string;
}

/** `[epoch:]version[-release]`, as rpm and pacman write it. */
function partsOf(text: string): Parts {
  const [, epoch = '0', rest = text] = /^([0-9]*):(.*)$/s.exec(text) ?? [];
  const hyphen = rest.lastIndexOf('-');
  if (hyphen < 0) return { epoch, version: rest };
  return { epoch, version: rest.slice(0, hyphen), release: rest.slice(hyphen + 1) };
}

/**
 * The order of `epoch:version-release` with a given comparison of version and of release. In an order a missing release
 * comes first; asked about, it is not compared.
 */
export function epochVersionRelease(compareParts: (a: string, b: string) => number): VersionOrder {
  const compare = (a: Parts, b: Parts, releases: boolean): number =>
    firstOf(
      () => byNumber(a.epoch, b.epoch),
      () => compareParts(a.version, b.version),
      () => (releases ? compareParts(a.release ?? '', b.release ?? '') : 0),
      () => (releases ? Number(a.release !== undefined) - Number(b.release !== undefined) : 0),
    );
  return {
    compare: (left, right) => compare(partsOf(left), partsOf(right), true),
    against(installed, asked) {
      const [a, b] = [partsOf(installed), partsOf(asked)];
      return compare(a, b, a.release !== undefined && b.release !== undefined);
    },
  };
}
