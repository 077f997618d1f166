import { describe, expect, it } from 'vitest';
import { checkPath } from './version-path';

const release = { version: '2.1.0', oldestFrom: '2.0.0-rc.1' };

describe('the way from one version to another', () => {
  it.each(['2.0.0-rc.1', '2.0.0', '2.0.9', '2.1.0-beta.2', '2.1.0'])('from %s is open', (from) =>
    expect(() => checkPath(from, release)).not.toThrow(),
  );

  it.each([
    ['1.9.9', '2.1.0 can be reached from 2.0.0-rc.1 or later, and 1.9.9 runs.'],
    ['2.0.0-beta.9', '2.1.0 can be reached from 2.0.0-rc.1 or later'],
    ['2.1.1', '2.1.0 is older than 2.1.1'],
    ['10.0.0', '2.1.0 is older than 10.0.0'],
    ['latest', 'is called "latest"'],
    ['', 'is called ""'],
  ])('from %s is closed', (from, sentence) => expect(() => checkPath(from, release)).toThrow(sentence));
});
