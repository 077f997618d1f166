import type { Principal } from '@muster/contracts';
import { expect, it } from 'vitest';
import { SpoolLimit } from './spool-limit';

const device = (id: string): Principal => ({
  ...{ kind: 'device', id, organisationId: 'o', assurance: 'certificate', permissions: [] },
  ...{ name: id, credentialId: 'fingerprint' },
});
const one = device('one');
/** As a request goes. @returns whether it was let through */
const asks = async (limit: SpoolLimit, spool: string, who = one): Promise<boolean> =>
  limit.admits(who, spool) ||
  limit.admit(who, spool).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'too-many-requests', details: { retryAfterSeconds: 3600 } });
      return false;
    },
  );

it('lets a device begin so many spools, also when none of them is in the database yet', async () => {
  const limit = new SpoolLimit(3, () => Promise.resolve([]));
  const answers = [];
  for (const spool of ['a', 'b', 'c', 'd', 'a', 'c', 'e']) answers.push(await asks(limit, spool));
  expect(answers).toEqual([true, true, true, false, true, true, false]);
  expect(await asks(limit, 'd', device('two'))).toBe(true);
});

it('counts what the database knows, and takes what it knows', async () => {
  const limit = new SpoolLimit(3, () => Promise.resolve(['a', 'b', 'c']));
  const answers = [];
  for (const spool of ['a', 'b', 'c', 'd']) answers.push(await asks(limit, spool));
  expect(answers).toEqual([true, true, true, false]);
});

it('asks the database for a second spool only, and once for each', async () => {
  let asked = 0;
  const limit = new SpoolLimit(3, () => Promise.resolve((asked++, ['a', 'b'])));
  for (let turn = 0; turn < 5; turn += 1) await asks(limit, 'a');
  expect(asked).toBe(0);
  for (let turn = 0; turn < 5; turn += 1) for (const spool of ['b', 'a', 'c']) await asks(limit, spool);
  expect(asked).toBe(2);
});

it('goes by what it saw itself while the database is away', async () => {
  const limit = new SpoolLimit(2, () => Promise.reject(new Error('away')));
  const answers = [];
  for (const spool of ['a', 'b', 'c', 'b']) answers.push(await asks(limit, spool));
  expect(answers).toEqual([true, true, false, true]);
});

it('remembers so many devices', async () => {
  const limit = new SpoolLimit(1, () => Promise.resolve([]), 2);
  for (const id of ['one', 'two', 'three']) await asks(limit, 'a', device(id));
  expect(await asks(limit, 'b', device('three'))).toBe(false);
  expect(await asks(limit, 'b', one)).toBe(true);
});
