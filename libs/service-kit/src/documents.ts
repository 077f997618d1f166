import { readFileSync } from 'node:fs';
import { allRoutes, SERVICES } from '@muster/contracts';
import { breakingChanges } from './contract-lock/breaking-changes';
import { type ContractSnapshot, contractSnapshot, lockText } from './contract-lock/snapshot';
import { openApi } from './openapi/openapi';
import { routeTable } from './routes/route-table';

export const LOCK_FILE = 'libs/contracts/contracts.lock.json';

/** Files that are made from the contracts, by path from the root of the repository. Committed, and compared by a test. */
export function contractDocuments(): Record<string, string> {
  const services = SERVICES.filter((service) => allRoutes().some((route) => route.service === service));
  return {
    'docs/routes.md': routesPage(services),
    ...Object.fromEntries(
      services.map((service) => [`docs/openapi/${service}.json`, `${JSON.stringify(openApi(service), null, 2)}\n`]),
    ),
    [LOCK_FILE]: lockText(contractSnapshot()),
  };
}

/** What the contracts of now break of those in a lock file. */
export function changesSince(lockFile: string): string[] {
  return breakingChanges(JSON.parse(readFileSync(lockFile, 'utf8')) as ContractSnapshot, contractSnapshot());
}

function routesPage(services: ReadonlyArray<(typeof SERVICES)[number]>): string {
  return [
    '# Routes and who may use them',
    '',
    'Made by `node tools/contract-lock.mjs`; a test compares it with the contracts. Review each change of the column *who*.',
    '',
    ...services.flatMap((service) => [`## ${service}`, '', routeTable(service)]),
  ].join('\n');
}
