import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sealer } from './sealer';
import { serviceKey } from './service-key';

describe('what is sealed', () => {
  const sealer = new Sealer('a secret of this service');
  const sealed = sealer.seal('mail password', 'pässword');

  it('opens for its purpose, and looks different each time', () => {
    expect(sealer.open('mail password', sealed)).toBe('pässword');
    expect(sealer.seal('mail password', 'pässword').equals(sealed)).toBe(false);
    expect(sealed.toString('latin1')).not.toContain('ssword');
  });

  it('does not open for another purpose, with another key, cut short, or changed anywhere', () => {
    expect(sealer.open('mail', sealed)).toBeUndefined();
    expect(new Sealer('another secret').open('mail password', sealed)).toBeUndefined();
    for (let length = 0; length < sealed.length; length += 1) {
      expect(sealer.open('mail password', sealed.subarray(0, length))).toBeUndefined();
    }
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(sealer.open('mail password', changed)).toBeUndefined();
    }
  });
});

describe('without a key', () => {
  it('nothing is sealed, and nothing opens', () => {
    const sealed = new Sealer('a secret of this service').seal('mail', 'x');
    expect(() => new Sealer().seal('mail', 'x')).toThrow(/SECRETS_KEY/);
    expect(new Sealer().open('mail', sealed)).toBeUndefined();
  });
});

describe('the key of the service', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'muster-key-'))));
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('is made once by however many start at once, readable by the service alone', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => serviceKey(dir)));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[\w-]{43}$/);
    const folder = join(dir, 'secrets');
    expect(await readdir(folder)).toEqual(['service.key']);
    expect((await stat(join(folder, 'service.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'service.key'), 'utf8')).toBe(keys[0]);
    expect(await serviceKey(dir)).toBe(keys[0]);
  });

  it('is the given one where one is given', async () => {
    expect(await serviceKey(join(dir, 'not-made'), 'given')).toBe('given');
    expect(await readdir(dir)).toEqual(['secrets']);
  });
});
