import { listAudit, listInventoryChanges, listLogs, listReleases, listSoftware } from '@muster/contracts';
import { expect, it } from 'vitest';
import { NEEDS } from './needs';

it.each([
  ['audit', listAudit],
  ['inventory', listInventoryChanges],
  ['inventory', listSoftware],
  ['releases', listReleases],
  ['monitoring', listLogs],
] as const)('screens of "%s" need what their first request needs', (name, route) => {
  expect(NEEDS[name].access).toEqual(route.access);
});
