import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { saltKey } from './salt-key';

it('makes a key once, for its owner alone, and notices when it is damaged', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-salt-'));
  try {
    const key = saltKey(join(folder, 'state'));
    expect(key).toHaveLength(32);
    expect(saltKey(join(folder, 'state'))).toEqual(key);
    expect(statSync(join(folder, 'state/salt-key')).mode & 0o777).toBe(0o600);
    expect(saltKey(join(folder, 'other'))).not.toEqual(key);
    truncateSync(join(folder, 'state/salt-key'), 3);
    expect(() => saltKey(join(folder, 'state'))).toThrow('32 bytes');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
