import { hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { AppError } from '@muster/contracts';
import { newOneTimePassword } from './one-time-password';
import { hashPassword, isOutdated, verifyPassword } from './password-hash';
import { checkNewPassword } from './password-rules';

const problemsOf = (password: string, current?: string): string[] => {
  try {
    checkNewPassword(password, { email: 'Jo.Technician@example.test', current });
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return (error.details.faults ?? []).map((fault) => fault.problem);
  }
};

describe('password rules', () => {
  it.each([
    ['short', /at least 12/],
    ['jo.technician@EXAMPLE.test', /e-mail address/],
    ['Jo.Technician', /e-mail address/],
    ['aaaaaaaaaaaaaaaa', /too few/],
    ['PasswordPassword', /guesser/],
    ['Changemenow2026!', /guesser/],
    ['correct horse battery staple', /guesser/],
    ['012345678901', /guesser/],
    ['abcdefghijklm', /guesser/],
  ])('refuse %s', (password, problem) => expect(problemsOf(password).join()).toMatch(problem));

  it('refuse the old password', () => expect(problemsOf('a fine long phrase', 'a fine long phrase')).toHaveLength(1));
  it('count characters, not code units', () => expect(problemsOf('😀😁😂😃😄😅').join()).toMatch(/at least 12/));
  it('take a long phrase without digits or signs', () => expect(problemsOf('purple boats drift north')).toEqual([]));
  it('take every one-time password', () => {
    const made = Array.from({ length: 200 }, newOneTimePassword);
    expect(new Set(made).size).toBe(200);
    expect(made.flatMap((password) => problemsOf(password))).toEqual([]);
  });
});

describe('password hash', () => {
  it('is argon2id with the costs of OWASP and verifies its own password only', async () => {
    const stored = await hashPassword('purple boats drift north');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword(stored, 'purple boats drift north')).toBe(true);
    expect(await verifyPassword(stored, 'purple boats drift south')).toBe(false);
    expect(isOutdated(stored)).toBe(false);
    expect(isOutdated(await hash('x', { memoryCost: 8192, timeCost: 2, parallelism: 1 }))).toBe(true);
  });

  it('does as much work for an unknown user', async () => {
    const stored = await hashPassword('purple boats drift north');
    await verifyPassword(undefined, 'warm up');
    const time = async (hash: string | undefined) => {
      const started = performance.now();
      for (let round = 0; round < 10; round++) expect(await verifyPassword(hash, 'guess')).toBe(false);
      return performance.now() - started;
    };
    const [known, unknown] = [await time(stored), await time(undefined)];
    expect(unknown).toBeGreaterThan(known / 4);
  });
});
