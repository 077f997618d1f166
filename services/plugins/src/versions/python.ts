import { compare, valid } from '@renovatebot/pep440';
import { natural } from './natural';
import type { VersionOrder } from './version-order';

/** pip: PEP 440. What is no version in its sense comes before all that are, as pip ordered it when it still took them. */
export const python: VersionOrder = {
  compare(a, b) {
    const [left, right] = [valid(a) !== null, valid(b) !== null];
    if (left && right) return Math.sign(compare(a, b));
    return left === right ? natural.compare(a, b) : left ? 1 : -1;
  },
};
