import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for one spec file, removed after its last test. */
export function testFolder(below = tmpdir()): string {
  const folder = mkdtempSync(join(below, 'muster-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
