import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIECE_BYTES } from '@muster/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { DownloadsConfig } from '../config';
import { FileStore } from './file-store';
import { openStore } from './open-store';
import type { PackageStore } from './package-store';
import { S3Store } from './s3-store';

const root = mkdtempSync(join(tmpdir(), 'muster-store-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A bucket to test with: TEST_S3_URL, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY. No server of this kind is a dependency. */
const { TEST_S3_URL: url, TEST_S3_ACCESS_KEY: accessKey = '', TEST_S3_SECRET_KEY: secretKey = '' } = process.env;
const s3 = (key = accessKey) =>
  new S3Store({ url: url ?? 'http://127.0.0.1:9/none', region: 'us-east-1', accessKey: key, secretKey });

const stores: Array<[string, () => PackageStore, boolean]> = [
  ['files', () => new FileStore(root), true],
  ['S3', () => s3(), url !== undefined],
];

async function all(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.each(stores)('the store of %s', (_name, open, there) => {
  describe.skipIf(!there)(there ? 'keeps pieces' : 'keeps pieces (skipped: TEST_S3_URL names no bucket)', () => {
    const store = open();
    const folder = `${randomUUID()}/${randomUUID()}`;
    const content = randomBytes(PIECE_BYTES);

    it('whole and in parts, and replaces them', async () => {
      await store.put(folder, 0, randomBytes(10));
      await store.put(folder, 0, content);
      await store.put(folder, 1, content.subarray(0, 7));
      expect((await all(store.read(folder, 0, 0, PIECE_BYTES - 1))).equals(content)).toBe(true);
      expect((await all(store.read(folder, 0, 100, 199))).equals(content.subarray(100, 200))).toBe(true);
      expect((await all(store.read(folder, 1, 6, 6))).equals(content.subarray(6, 7))).toBe(true);
    });

    it('and says when there is none', async () => {
      await expect(all(store.read(folder, 2, 0, 0))).rejects.toThrow();
    });

    it('and removes them, also when they are gone', async () => {
      await store.remove(folder, 2);
      await expect(all(store.read(folder, 0, 0, 0))).rejects.toThrow();
      await store.remove(folder, 2);
    });

    it('and can be written, once and again', async () => {
      expect([await store.writable(), await store.writable()]).toEqual([true, true]);
    });
  });
});

it('files that cannot be written whole leave nothing', async () => {
  const store = new FileStore(join(root, 'file'));
  await store.put('folder', 0, Buffer.from('x'));
  // A folder is where the piece would be.
  mkdirSync(join(root, 'file/folder/1'));
  await expect(store.put('folder', 1, Buffer.from('y'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(readdirSync(join(root, 'file/folder')).sort()).toEqual(['0', '1']);
});

it('S3 that is away, or does not know the key, is not writable', async () => {
  const away = new S3Store({ url: 'http://127.0.0.1:9/none', region: 'us-east-1', accessKey: 'a', secretKey: 'b' });
  expect(await away.writable()).toBe(false);
  await expect(away.put('folder', 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
  if (url !== undefined) expect(await s3('unknown').writable()).toBe(false);
});

it('S3 without keys does not start', () => {
  const config = Object.assign(new DownloadsConfig(), { PACKAGE_STORE: 's3', S3_URL: 'https://s3.example.com/bucket' });
  expect(() => openStore(config)).toThrow(/S3_ACCESS_KEY/);
});
