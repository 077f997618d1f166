import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateMaker } from '../../testing/bad-certificates';
import { testFolder } from '../../testing/folder';
import { RunningSuite } from '../../testing/running-suite';
import { keepRevoked } from './keep-revoked';
import { credentialsIn, revokedIn } from './revoked-in-database';

const make = new CertificateMaker(testFolder());
let suite: RunningSuite;
let organisationId: string;
beforeAll(async () => {
  make.authority('root', 'Root');
  const { crt: cert, key } = make.server('edge', ['localhost', '127.0.0.1'], 'root');
  suite = await RunningSuite.start({ cert, key });
  await suite.token(['devices.read']);
  organisationId = (await suite.sql<{ id: string }>('SELECT organisation_id AS id FROM identity.users'))[0]?.id ?? '';
}, 180_000);
afterAll(() => suite?.stop());

async function device(): Promise<string> {
  const id = randomUUID();
  await suite.sql(
    `INSERT INTO identity.devices (id, organisation_id, public_key, public_key_digest, registration_key_id, enrolled_at)
     VALUES ($1, $2, '', decode($3, 'hex'), $2, now())`,
    [id, organisationId, id.replaceAll('-', '')],
  );
  return id;
}
const revokedAt = async (id: string): Promise<unknown> =>
  (await suite.sql<{ at: Date | null }>('SELECT revoked_at AS at FROM identity.devices WHERE id = $1', [id]))[0]?.at;
const numbers = async (): Promise<number> =>
  Number((await suite.sql<{ sequence: string }>('SELECT sequence FROM identity.revocation_counter'))[0]?.sequence);

describe('a restored database', () => {
  it('has every device revoked that a younger list names, known or not, and nobody signed in', async () => {
    const [good, revoked, unknown] = [await device(), await device(), randomUUID()];
    const [before, at] = [await numbers(), '2025-06-01T12:00:00.000Z'];
    const entry = (id: string) => ({ kind: 'device' as const, id, organisationId, at });
    const certificate = { ...entry('ab'.repeat(32)), kind: 'certificate' as const };
    const revocations = [entry(revoked), entry(unknown), certificate, entry(revoked)];
    const sessions = await suite.sql('SELECT FROM identity.sessions');
    expect(sessions.length).toBeGreaterThan(0);

    const fenced = await keepRevoked(suite.databaseUrl, { revocations, revokeCredentials: false });
    expect(fenced).toEqual({ devices: 1, sessions: sessions.length, tokens: 1, registrationKeys: expect.any(Number) });
    expect(await revokedAt(revoked)).toEqual(new Date(at));
    expect(await revokedAt(good)).toBeNull();
    expect(await suite.sql('SELECT FROM identity.sessions')).toEqual([]);
    const known = (await revokedIn(suite.databaseUrl)).map(({ id }) => id);
    expect(known).toEqual(expect.arrayContaining([revoked, unknown, certificate.id]));
    expect(known).not.toContain(good);

    // Above every number that anybody may have heard, and without two for one.
    const raised = await numbers();
    expect(raised).toBeGreaterThan(Math.max(before, Date.now() - 3_600_000));
    const given = await suite.sql<{ sequence: string }>('SELECT sequence FROM identity.revocations ORDER BY sequence');
    expect(Number(given.at(-1)?.sequence)).toBe(raised);

    // Once more: it goes on above, and doubles nothing.
    expect(await keepRevoked(suite.databaseUrl, { revocations, revokeCredentials: false })).toMatchObject({
      devices: 0,
    });
    expect(await numbers()).toBeGreaterThan(raised);
    expect(await suite.sql('SELECT FROM identity.revocations')).toHaveLength(given.length);
  });

  it('takes over from the suite that it replaces who may no longer come in', async () => {
    const token = await suite.token(['devices.read']);
    expect(token).not.toBe('');
    const live = await credentialsIn(suite.databaseUrl);
    expect(live.tokens.length).toBeGreaterThan(0);
    const [user] = live.users;
    if (!user) throw new Error('there is no user');
    const changed = { ...user, passwordHash: `${user.passwordHash}x` };
    await keepRevoked(suite.databaseUrl, {
      ...{ revocations: [], revokeCredentials: false },
      live: { ...live, tokens: live.tokens.slice(1), users: [changed] },
    });
    const now = await credentialsIn(suite.databaseUrl);
    expect(now.tokens).toEqual(live.tokens.slice(1));
    expect(now.users).toEqual([changed]);
    const nobody = { ...live, tokens: [], users: [] };
    await keepRevoked(suite.databaseUrl, { revocations: [], revokeCredentials: false, live: nobody });
    expect((await credentialsIn(suite.databaseUrl)).users.every(({ disabled }) => disabled)).toBe(true);
  });

  it('has no token and no key that is good where that is asked for', async () => {
    const fenced = await keepRevoked(suite.databaseUrl, { revocations: [], revokeCredentials: true });
    expect(fenced).toMatchObject({ tokens: 0, registrationKeys: 0 });
  });
});
