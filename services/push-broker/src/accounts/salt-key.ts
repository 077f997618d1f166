import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 32;

/**
 * The key that salts are made from, made at the first start and kept in a folder: salts that changed with a start would
 * tell which names have an account. @throws when the folder cannot be used
 */
export function saltKey(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'salt-key');
  try {
    writeFileSync(file, randomBytes(BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = readFileSync(file);
  if (key.length !== BYTES) throw new Error(`${file} must have ${BYTES} bytes; remove it to have a new one made`);
  return key;
}
