import type { AuditFault, AuditHead, AuditHeadPayload } from '@muster/contracts';
import { newId } from '@muster/database';
import { TestAuthority } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Heads } from '../heads/heads.service';
import { ask, AuditUnderTest } from '../testing/audit-under-test';
import { someDrafts } from '../testing/drafts';
import { Tampering } from '../testing/tampering';

let suite: AuditUnderTest;
let organisation: string;
let tampering: Tampering;
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit({ VERIFY_ENTRIES: '100' });
  // A call is a fact, and so an entry a moment later, between this test's own: what is told stays aside here.
  await suite.rows(`
    CREATE TABLE public.told (number bigserial, payload jsonb);
    CREATE FUNCTION public.keep_aside() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      INSERT INTO public.told (payload) VALUES (NEW.payload); RETURN NULL;
    END $$;
    CREATE TRIGGER aside BEFORE INSERT ON audit.outbox FOR EACH ROW EXECUTE FUNCTION public.keep_aside()`);
});
afterAll(() => suite?.stop());

/** Each test has an organisation of its own, with 250 entries and heads at 50, 100, 150, 200 and 250. */
beforeEach(async () => {
  organisation = newId();
  tampering = new Tampering(suite, organisation);
  suite.keyManager.people.set(organisation, { role: 'owner', organisationId: organisation });
  for (let round = 0; round < 5; round += 1) {
    await suite.append(organisation, someDrafts(50));
    await suite.app.get(Heads).signDue(0, 1);
  }
});

const verify = (heads?: AuditHead[]) => suite.verify(heads ? { heads } : {}, organisation);
const named = (faults: AuditFault[]) => faults.map(({ fault, number }) => `${fault} ${number}`);
const exported = () => suite.heads(organisation);

/** Which head it is. */
const numberOf = (head: AuditHead): number => (JSON.parse(head.payload) as AuditHeadPayload).number;

describe('an untouched chain', () => {
  it('is intact, in as many calls as it takes, with its heads and with those kept elsewhere', async () => {
    const heads = await exported();
    expect(heads.map(numberOf)).toEqual([250, 200, 150, 100, 50]);
    expect(await verify(heads)).toMatchObject({
      ...{ intact: true, checkedFrom: 1, checkedTo: 250, headsChecked: 10, faults: [], calls: 3 },
    });
    await suite.append(organisation, someDrafts(7));
    expect(await verify(heads)).toMatchObject({ intact: true, checkedTo: 257 });
    expect(await suite.verify({ from: 120 }, organisation)).toMatchObject({ intact: true, checkedFrom: 120 });
  });

  it('is intact while it grows', async () => {
    let done = false;
    const growing = (async () => {
      while (!done) {
        await suite.append(organisation, someDrafts(3));
        await suite.app.get(Heads).signDue(0, 1);
      }
    })();
    for (let turn = 0; turn < 15; turn += 1) expect(await verify()).toMatchObject({ intact: true, faults: [] });
    done = true;
    await growing;
  });

  it('is intact before its first entry', async () => {
    const empty = newId();
    suite.keyManager.people.set(empty, { role: 'owner', organisationId: empty });
    expect(await suite.verify({}, empty)).toMatchObject({ intact: true, checkedTo: 0 });
  });
});

describe('an entry that was altered', () => {
  it.each([
    ['who', `actor_name = 'somebody else'`],
    ['what', `action = 'user.deleted', subject = 'user'`],
    ['when', `at = at + interval '1 millisecond'`],
    ['whom', `target_name = 'nobody'`],
    ['the outcome', `outcome = 'failed'`],
    ['details', `details = '[]'`],
    ['the address', `actor_address = NULL`],
    ['the correlation', `correlation_id = NULL`],
    ['its own hash', `hash = decode(repeat('ab', 32), 'hex')`],
  ])('in %s is named', async (_what, change) => {
    await tampering.run(`UPDATE audit.entries SET ${change} WHERE organisation_id = $1 AND number = 102`);
    const { intact, faults } = await verify();
    expect(intact).toBe(false);
    // With its hash changed, the next one does not follow from it either.
    expect(named(faults)).toContain('altered 102');
    expect(faults.length).toBeLessThanOrEqual(2);
  });

  it('is named where the chain breaks when its own hash was made anew', async () => {
    await tampering.alter(130);
    await tampering.rehash(130, { upTo: 130, record: false });
    const { faults } = await verify();
    expect(named(faults)).toEqual(['altered 131']);
    expect(faults[0]?.problem).toContain('entry 130');
  });

  it('is found by the heads when the whole tail was made anew', async () => {
    await tampering.alter(130);
    await tampering.rehash(130);
    const { intact, faults } = await verify();
    expect(intact).toBe(false);
    expect(named(faults)).toContain('head-differs 150');
    expect(faults[0]?.problem).toMatch(/from (101|130) to 150/);
  });

  it('is found by heads that were kept when the stored ones were removed too', async () => {
    const heads = await exported();
    await tampering.alter(130);
    await tampering.rehash(130);
    await tampering.dropHeads(130);
    expect(await verify()).toMatchObject({ intact: true });
    expect(named((await verify(heads)).faults)).toContain('head-differs 150');
  });

  it('is named each time, when there are several', async () => {
    for (const number of [1, 77, 100, 101, 250]) await tampering.alter(number);
    expect(named((await verify()).faults)).toEqual([1, 77, 100, 101, 250].map((number) => `altered ${number}`));
  });
});

describe('an entry that was removed', () => {
  it('is named', async () => {
    await tampering.remove(42);
    await tampering.remove(99, 104);
    const { faults } = await verify();
    expect(named(faults)).toEqual(['removed 42', 'removed 99']);
    expect(faults[1]?.problem).toContain('Entries 99 to 104');
  });

  it('is named when the others were given new numbers to hide it', async () => {
    await tampering.remove(42);
    await tampering.closeGap(42);
    const faults = named((await verify()).faults);
    expect(faults[0]).toBe('removed 42');
    expect(faults).toContain('truncated 250');
  });

  it('is named when it is several', async () => {
    await tampering.remove(42, 44);
    await tampering.closeGap(42, 3);
    expect((await verify()).faults[0]).toMatchObject({ fault: 'removed', number: 42 });
    expect((await verify()).faults[0]?.problem).toContain('3 entries');
  });

  it('is found when the tail was given new numbers and new hashes', async () => {
    await tampering.remove(42);
    await tampering.closeGap(42);
    await tampering.rehash(42);
    const faults = named((await verify()).faults);
    expect(faults).toContain('head-differs 50');
    expect(faults).toContain('truncated 250');
  });

  it('is named at the beginning, and a young head is no excuse', async () => {
    await tampering.remove(1, 50);
    await tampering.run('DELETE FROM audit.heads WHERE organisation_id = $1 AND number < $2', 50);
    expect(named((await verify()).faults)).toEqual(['removed 1']);
  });
});

describe('entries in another order', () => {
  it.each([
    [60, 61],
    [60, 75],
    [100, 101],
    [1, 250],
  ])('are named: %d and %d', async (one, other) => {
    await tampering.swap(one, other);
    const faults = named((await verify()).faults);
    expect(faults).toContain(`reordered ${one}`);
  });

  it('are named when their hashes and numbers stayed where they were', async () => {
    const content =
      'at, actor_kind, actor_id, actor_name, actor_address, action, outcome, target_kind, target_id, target_name, details, correlation_id, subject, device_id';
    await tampering.run(
      `UPDATE audit.entries e SET (${content}) = (SELECT ${content} FROM audit.entries o
          WHERE o.organisation_id = $1 AND o.number = 130 - e.number)
        WHERE e.organisation_id = $1 AND e.number IN (60, 70)`,
    );
    expect(named((await verify()).faults)).toEqual(['reordered 60', 'reordered 70']);
  });

  it('are not made out of entries that say the same', async () => {
    const [same] = someDrafts(1).map(({ messageId: _unique, ...draft }) => draft);
    if (same)
      await suite.append(
        organisation,
        Array.from({ length: 20 }, () => same),
      );
    await tampering.alter(255);
    expect(named((await verify()).faults)).toEqual(['altered 255']);
  });

  it('are named in full when they are near', async () => {
    await tampering.swap(60, 75);
    expect(named((await verify()).faults)).toEqual(['reordered 60', 'reordered 75']);
  });
});

describe('a tail that was cut off', () => {
  it('is named by the record of the end', async () => {
    await tampering.dropHeads(1);
    await tampering.remove(240, 250);
    expect(named((await verify()).faults)).toEqual(['truncated 240']);
  });

  it('is named by the heads when the record was set back', async () => {
    await tampering.remove(240, 250);
    await tampering.setRecordToEnd();
    expect(named((await verify()).faults)).toEqual(['truncated 240']);
  });

  it('is named by heads that were kept when nothing here tells of it', async () => {
    const heads = await exported();
    await tampering.remove(190, 250);
    await tampering.setRecordToEnd();
    await tampering.dropHeads(190);
    expect(await verify()).toMatchObject({ intact: true, checkedTo: 189 });
    const { faults } = await verify(heads);
    expect(named(faults)).toEqual(['truncated 190']);
    expect(faults[0]?.problem).toContain('250');
  });

  it('is still found by them when the chain has grown over it', async () => {
    const heads = await exported();
    await tampering.remove(190, 250);
    await tampering.setRecordToEnd();
    await tampering.dropHeads(190);
    await suite.append(organisation, someDrafts(100));
    expect(await verify()).toMatchObject({ intact: true });
    expect(named((await verify(heads)).faults)).toContain('head-differs 200');
  });

  it('is named when everything went', async () => {
    const heads = await exported();
    await tampering.remove(1, 250);
    expect(named((await verify()).faults)).toEqual(['truncated 1']);
    await tampering.dropHeads(1);
    await tampering.run('DELETE FROM audit.chains WHERE organisation_id = $1');
    expect(await verify()).toMatchObject({ intact: true, checkedTo: 0 });
    expect(named((await verify(heads)).faults)).toEqual(['truncated 1']);
  });

  it('or a record that is gone, or says another hash, is named', async () => {
    await tampering.run(
      `UPDATE audit.chains SET last_hash = decode(repeat('00', 32), 'hex') WHERE organisation_id = $1`,
    );
    expect(named((await verify()).faults)).toEqual(['altered 250']);
    await tampering.run('DELETE FROM audit.chains WHERE organisation_id = $1');
    expect(named((await verify()).faults)).toEqual(['altered 250']);
  });

  it('or entries that the service did not write are named', async () => {
    await suite.append(organisation, someDrafts(2));
    await tampering.run('UPDATE audit.chains SET last_number = 251 WHERE organisation_id = $1');
    expect(named((await verify()).faults)).toContain('altered 252');
  });
});

describe('heads', () => {
  const fake = (changed: Partial<AuditHeadPayload>, authority?: TestAuthority): AuditHead =>
    suite.keyManager.head(
      {
        ...{ purpose: 'audit-head', organisationId: organisation, number: 120, hash: 'ab'.repeat(32) },
        ...{ at: new Date().toISOString(), ...changed },
      },
      authority,
    );

  it('count only under a root of the suite', async () => {
    const stranger = await TestAuthority.create();
    const { faults } = await verify([fake({}, stranger)]);
    expect(named(faults)).toEqual(['head-forged 120']);
    expect(faults[0]?.problem).toContain('no root');
    stranger.remove();
  });

  it('that were altered or made up in the database are named', async () => {
    await tampering.run(
      `UPDATE audit.heads SET payload = replace(payload, '"number":100', '"number":101') WHERE organisation_id = $1`,
    );
    await tampering.run(
      `UPDATE audit.heads SET delegation_digest = 'none' WHERE organisation_id = $1 AND number = 200`,
    );
    await tampering.run(`UPDATE audit.heads SET number = 149 WHERE organisation_id = $1 AND number = 150`);
    expect(named((await verify()).faults)).toEqual(['head-forged 100', 'head-forged 149', 'head-forged 200']);
  });

  it.each([
    ['of another organisation', () => fake({ organisationId: newId() }), 120],
    ['of a time when nobody could sign', () => fake({ at: '2020-01-01T00:00:00.000Z' }), 120],
    ['of another purpose', () => fake({ purpose: 'operation' as 'audit-head' }), 0],
    ['that are no JSON', () => ({ ...fake({}), payload: 'none' }), 0],
    ['with certificates that are none', () => ({ ...fake({}), delegation: ['none'] }), 120],
    ['by a device authority', () => ({ ...fake({}), delegation: [suite.authority.rootPem] }), 120],
  ])('%s are forged', async (_what, head, number) => {
    expect(named((await verify([head()])).faults)).toEqual([`head-forged ${number}`]);
  });

  it('of another chain differ', async () => {
    expect(named((await verify([fake({})])).faults)).toEqual(['head-differs 120']);
  });

  it('are signed for the newest entry only, and again when there is more', async () => {
    const before = suite.keyManager.signed;
    expect(await suite.app.get(Heads).signDue(0, 1)).toBe(0);
    await suite.append(organisation, someDrafts(1));
    expect(await suite.app.get(Heads).signDue(3600, 1000)).toBe(0);
    expect(await suite.app.get(Heads).signDue(3600, 1)).toBe(1);
    expect(suite.keyManager.signed).toBe(before + 1);
    expect((await exported()).map(numberOf)[0]).toBe(251);
  });

  it('are not needed for writing: what cannot be signed now is signed later', async () => {
    suite.keyManager.refusesSigning = true;
    await suite.append(organisation, someDrafts(1));
    await expect(suite.app.get(Heads).signDue(0, 1)).rejects.toMatchObject({ code: 'unavailable' });
    suite.keyManager.refusesSigning = false;
    await suite.append(organisation, someDrafts(1));
    expect(await suite.app.get(Heads).signDue(0, 1)).toBe(1);
    expect((await exported()).map(numberOf)[0]).toBe(252);
  });
});

describe('verifying', () => {
  const told = async () =>
    (
      await suite.rows<{ payload: Record<string, unknown> }>(
        `SELECT payload FROM public.told WHERE payload->>'organisationId' = $1 ORDER BY number`,
        [organisation],
      )
    ).map(({ payload: { intact, checkedFrom, checkedTo, faults, actor } }) => ({
      ...{ intact, checkedFrom, checkedTo, faults, by: (actor as { kind: string }).kind },
    }));

  it('is told with its outcome: where it began, where it ended, and what found something', async () => {
    expect(await verify()).toMatchObject({ calls: 3 });
    const calls = [
      { intact: true, checkedFrom: 1, checkedTo: 100, faults: 0, by: 'token' },
      { intact: true, checkedFrom: 201, checkedTo: 250, faults: 0, by: 'token' },
    ];
    expect(await told()).toEqual(calls);
    await tampering.alter(130);
    await suite.verify({ from: 101 }, organisation);
    expect(await told()).toEqual([
      ...calls,
      { intact: false, checkedFrom: 101, checkedTo: 200, faults: 1, by: 'token' },
      { intact: true, checkedFrom: 201, checkedTo: 250, faults: 0, by: 'token' },
    ]);
  });
});

describe('who may verify', () => {
  it('is who may read the audit log', async () => {
    expect((await ask(suite.app, 'POST', '/audit/verify', { as: 'reader', body: {} })).status).toBe(403);
    expect((await ask(suite.app, 'POST', '/audit/verify', { body: {} })).status).toBe(401);
  });
});
