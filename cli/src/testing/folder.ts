import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for one spec file, removed after its last test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
