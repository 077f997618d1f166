import { describe, expect, it } from 'vitest';
import { Failures } from './failures';

describe('failures', () => {
  it('are counted for each message until it is done with', () => {
    const failures = new Failures();
    expect([failures.add('a'), failures.add('a'), failures.add('b'), failures.add('a')]).toEqual([1, 2, 1, 3]);
    failures.forget('a');
    expect([failures.add('a'), failures.add('b')]).toEqual([1, 2]);
  });

  it('are of so many messages at most: the oldest is forgotten', () => {
    const failures = new Failures(2);
    for (const message of ['a', 'b', 'c']) failures.add(message);
    expect([failures.add('b'), failures.add('c')]).toEqual([2, 2]);
    expect(failures.add('a')).toBe(1);
    expect(failures.add('b')).toBe(1);
  });
});
