import { compare, valid } from 'semver';
import { natural } from './natural';
import type { VersionOrder } from './version-order';

/** 4 and 4.17 stand for 4.0.0 and 4.17.0. */
const filled = (text: string): string => {
  const [, major, minor] = /^[v=\s]*(\d+)(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  return major === undefined ? text : `${major}.${minor ?? 0}.0`;
};

/** npm: Semantic Versioning 2.0.0. What is no version in its sense comes before all that are. */
export const npm: VersionOrder = {
  compare(a, b) {
    const [left, right] = [valid(filled(a), { loose: true }), valid(filled(b), { loose: true })];
    if (left !== null && right !== null) return compare(left, right);
    if (left === null && right === null) return natural.compare(a, b);
    return left === null ? -1 : 1;
  },
};
