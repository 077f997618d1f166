import 'reflect-metadata';
import { findDrift } from '@muster/database';
import { startPostgres, type TestPostgres } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DOWNLOADS_SCHEMA } from './schema';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('is what the entities say after all migrations, every tenant table behind its wall', async () => {
  const { urls } = await postgres.createDatabase(['downloads']);
  expect(await findDrift({ ...DOWNLOADS_SCHEMA, ownerUrl: urls.downloads.ownerUrl })).toEqual([]);
});
