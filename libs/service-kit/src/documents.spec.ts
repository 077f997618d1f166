import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allRoutes, SERVICES } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { changesSince, contractDocuments, LOCK_FILE } from './documents';
import { openApi } from './openapi/openapi';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the committed documents', () => {
  it('break no locked contract', () => {
    expect(changesSince(join(root, LOCK_FILE))).toEqual([]);
  });

  it.each(Object.entries(contractDocuments()))('%s is what the contracts say', (path, text) => {
    expect(existsSync(join(root, path)), 'run: node tools/contract-lock.mjs').toBe(true);
    expect(readFileSync(join(root, path), 'utf8') === text, 'run: node tools/contract-lock.mjs').toBe(true);
  });
});

describe.each(SERVICES)('the OpenAPI description of %s', (service) => {
  const text = JSON.stringify(openApi(service));
  const { paths, components } = JSON.parse(text) as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };

  it('refers to nothing that is not there', () => {
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(names.filter((name) => !(name in components.schemas))).toEqual([]);
  });

  it('gives every route an id of its own', () => {
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(ids).toHaveLength(allRoutes().filter((route) => route.service === service).length);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
