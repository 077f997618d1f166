import { afterEach, describe, expect, it, vi } from 'vitest';
import { rememberSignedIn, signedInBefore } from './signed-in-before';

afterEach(() => vi.unstubAllGlobals());

/** What a browser offers, as far as it is used. */
function stubStorage(): void {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
}

describe('whether somebody signed in here before', () => {
  it('is remembered until the session is over', () => {
    stubStorage();
    expect(signedInBefore()).toBe(false);
    rememberSignedIn(true);
    expect(signedInBefore()).toBe(true);
    rememberSignedIn(false);
    expect(signedInBefore()).toBe(false);
  });

  it('is asked of the server where storage is refused', () => {
    vi.stubGlobal('localStorage', undefined);
    rememberSignedIn(true);
    expect(signedInBefore()).toBe(true);
  });
});
