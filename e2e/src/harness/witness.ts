import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file that any user may append to, as long as the test runs: what really ran, whatever anybody reports. */
export interface Witness {
  path: string;
  /** Those that are not empty. */
  lines(): string[];
}

export function witness(): Witness {
  const folder = mkdtempSync(join(tmpdir(), 'muster-witness-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'log');
  writeFileSync(path, '');
  chmodSync(folder, 0o777);
  chmodSync(path, 0o666);
  return { path, lines: () => readFileSync(path, 'utf8').split('\n').filter(Boolean) };
}
