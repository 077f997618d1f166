import { findDrift } from '@muster/database';
import { startPostgres, type TestPostgres } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { coreSchema } from './schema';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('is what the entities say, and every table of an organisation is behind the wall', async () => {
  const { urls } = await postgres.createDatabase(['core']);
  expect(await findDrift({ ...coreSchema, ownerUrl: urls.core.ownerUrl })).toEqual([]);
});
