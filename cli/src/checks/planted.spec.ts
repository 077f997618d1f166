import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import '../verbs';
import { allCatalogues } from './finding';

const source = join(import.meta.dirname, '..');
const tests = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.spec.ts'))
  .map((name) => readFileSync(join(source, name), 'utf8'));

/** Those of setup and doctor; what an upgrade asks before it begins is part of its own story. */
const catalogues = allCatalogues().filter(({ check }) => check !== 'upgrade');

describe('everything that a check can say', () => {
  it.each(catalogues.map(({ check, messages }) => [check, Object.keys(messages)] as const))(
    '%s: each fault is planted in a test, which expects its code',
    (_check, codes) => {
      const missing = codes.filter(
        (code) => !tests.some((text) => text.includes(`'${code}'`) || text.includes(`[${code}]`)),
      );
      expect(missing).toEqual([]);
    },
  );
});
