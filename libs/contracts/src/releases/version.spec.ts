import { describe, expect, it } from 'vitest';
import { compareVersions, VERSION_PATTERN } from './version';

describe('versions', () => {
  it('are in the order of the specification', () => {
    // The examples of Semantic Versioning 2.0.0, section 11, oldest first.
    const ordered = [
      ...['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'],
      ...['1.0.0-rc.1', '1.0.0', '2.0.0', '2.1.0', '2.1.1', '2.1.10', '10.0.0'],
    ];
    for (const [at, left] of ordered.entries()) {
      for (const [other, right] of ordered.entries()) {
        expect(Math.sign(compareVersions(left, right)), `${left} and ${right}`).toBe(Math.sign(at - other));
      }
    }
  });

  it.each(['1', '1.2', '01.2.3', '1.2.3+build', '1.2.3-', '1.2.3-a..b', '../1.2.3', '1.2.3/..', 'v1.2.3', ''])(
    '%s is none',
    (text) => expect(text).not.toMatch(VERSION_PATTERN),
  );
  it.each(['0.1.0', '1.2.3-beta.1', '10.20.30-x-y.7'])('%s is one', (text) => expect(text).toMatch(VERSION_PATTERN));
});
