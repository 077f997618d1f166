import type { Revocation, VerifiedCredential } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { CredentialCache } from './credential-cache';
import { RevocationList } from './revocation-list';

const MINUTE = 60_000;
const ID = '01900000-0000-7000-8000-000000000001';

const revocation = (kind: Revocation['kind'], sequence: number): Revocation => ({
  kind,
  id: ID,
  sequence,
  organisationId: ID,
  at: new Date(0).toISOString(),
});

describe('RevocationList', () => {
  it('is stale until it was complete once, and five minutes after the last sign of life', () => {
    let now = 0;
    const list = new RevocationList(() => now);
    expect([list.fresh, list.known]).toEqual([false, false]);
    list.confirm();
    now += 5 * MINUTE - 1;
    expect(list.fresh).toBe(true);
    now += 1;
    expect([list.fresh, list.known]).toEqual([false, true]);
    list.reset();
    expect(list.known).toBe(true);
  });

  it('of who decides about credentials itself is known from the start', () => {
    const list = new RevocationList();
    list.declareAuthoritative();
    expect([list.fresh, list.known]).toEqual([true, true]);
  });

  it('never forgets devices, and sessions when nobody can have them cached any more', () => {
    let now = 0;
    const list = new RevocationList(() => now);
    list.apply(revocation('device', 1));
    list.apply(revocation('session', 2));
    now += 5 * MINUTE;
    list.confirm();
    expect(list.isRevoked('session', ID)).toBe(true);
    now += 1;
    list.confirm();
    expect(list.isRevoked('session', ID)).toBe(false);
    expect(list.isRevoked('device', ID.toUpperCase())).toBe(true);
    expect(list.isRevoked('certificate', ID)).toBe(false);
  });

  it('calls each listener with each revocation', () => {
    const list = new RevocationList();
    const heard: number[] = [];
    list.on(({ sequence }) => heard.push(sequence));
    list.apply(revocation('user', 1));
    list.apply(revocation('token', 2));
    expect(heard).toEqual([1, 2]);
  });
});

describe('CredentialCache', () => {
  const verified = (values: Partial<VerifiedCredential> = {}): VerifiedCredential => ({
    credentialId: ID,
    userId: ID,
    organisationId: ID,
    name: 'ada',
    permissions: [],
    csrfToken: '',
    mustChangePassword: false,
    expiresAt: new Date(MINUTE).toISOString(),
    cacheSeconds: 300,
    ...values,
  });
  const presented = { kind: 'session', credential: 'secret', address: '' } as const;

  it('keeps an answer no longer than the credential lives', async () => {
    let [now, asked] = [0, 0];
    const source = { verify: async () => ((asked += 1), verified()) };
    const cache = new CredentialCache(source, new RevocationList(), () => now);
    await cache.verify(presented);
    now = MINUTE - 1;
    await cache.verify(presented);
    expect(asked).toBe(1);
    now = MINUTE;
    await cache.verify(presented);
    expect(asked).toBe(2);
  });

  it('does not keep an answer that a revocation overtook', async () => {
    const answers: Array<(value: VerifiedCredential) => void> = [];
    const list = new RevocationList();
    const source = { verify: () => new Promise<VerifiedCredential>((resolve) => answers.push(resolve)) };
    const cache = new CredentialCache(source, list, () => 0);
    const early = cache.verify(presented);
    list.apply(revocation('user', 1));
    const late = cache.verify(presented);
    answers[0]?.(verified({ name: 'before' }));
    answers[1]?.(verified({ name: 'after' }));
    expect((await early).name).toBe('before');
    expect((await late).name).toBe('after');
    expect((await cache.verify(presented)).name).toBe('after');
  });

  it('does not keep refusals', async () => {
    let asked = 0;
    const source = { verify: () => ((asked += 1), Promise.reject(new Error('refused'))) };
    const cache = new CredentialCache(source, new RevocationList());
    await expect(cache.verify(presented)).rejects.toThrow('refused');
    await expect(cache.verify(presented)).rejects.toThrow('refused');
    expect(asked).toBe(2);
  });
});
