import { describe, expect, it } from 'vitest';
import { RenewalChallenges } from './renewal-challenge';

const challenges = new RenewalChallenges('what all instances share');
const T = Date.UTC(2026, 0, 1);

describe('renewal challenges', () => {
  it('hold for five minutes, at every instance', () => {
    const challenge = challenges.issue(T);
    const another = new RenewalChallenges('what all instances share');
    expect(another.accepts(challenge, T)).toBe(true);
    expect(another.accepts(challenge, T + 5 * 60_000)).toBe(true);
    expect(another.accepts(challenge, T + 5 * 60_000 + 1)).toBe(false);
  });
  it('differ each time and fit the contract', () => {
    expect(challenges.issue(T)).not.toBe(challenges.issue(T));
    expect(challenges.issue(T).length).toBeLessThan(512);
  });
  it('are refused when forged, altered, from the future or garbage', () => {
    const challenge = challenges.issue(T);
    const [, nonce, tag] = challenge.split('.');
    expect(challenges.accepts(`${(T + 1).toString(36)}.${nonce}.${tag}`, T + 1)).toBe(false);
    expect(challenges.accepts(new RenewalChallenges('other').issue(T), T)).toBe(false);
    expect(challenges.accepts(challenges.issue(T + 1000), T)).toBe(false);
    for (const garbage of ['', '.', '..', 'a.b.c', `${challenge}.x`, challenge.slice(0, -4)]) {
      expect(challenges.accepts(garbage, T)).toBe(false);
    }
  });
});
