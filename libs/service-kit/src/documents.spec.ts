import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changesSince, contractDocuments, LOCK_FILE } from './documents';

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
