import { findDrift } from '@muster/database';
import { startPostgres, type TestPostgres } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditSchema } from './schema';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('is what the entities say, and every table of an organisation is behind the wall', async () => {
  const { urls } = await postgres.createDatabase(['audit']);
  expect(await findDrift({ ...auditSchema, ownerUrl: urls.audit.ownerUrl })).toEqual([]);
});
