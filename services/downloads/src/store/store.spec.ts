import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIECE_BYTES } from '@muster/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DownloadsConfig } from '../config';
import { S3Server } from '../testing/s3-server';
import { FileStore } from './file-store';
import { openStore } from './open-store';
import type { PackageStore } from './package-store';
import { type S3Options, S3Store } from './s3-store';

const root = mkdtempSync(join(tmpdir(), 'muster-store-'));
let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(root, { recursive: true });
});

/** A bucket of a real service to test with besides: TEST_S3_URL, TEST_S3_REGION, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY. */
const { TEST_S3_URL, TEST_S3_REGION = 'us-east-1', TEST_S3_ACCESS_KEY = '', TEST_S3_SECRET_KEY = '' } = process.env;
const given = { region: TEST_S3_REGION, accessKey: TEST_S3_ACCESS_KEY, secretKey: TEST_S3_SECRET_KEY };
const s3 = (changes: Partial<S3Options> = {}): S3Store => new S3Store({ url: server.url, ...server.keys, ...changes });

const stores: Array<[string, () => PackageStore]> = [
  ['files', () => new FileStore(root)],
  ['a bucket', () => s3()],
];
if (TEST_S3_URL) stores.push(['the bucket in TEST_S3_URL', () => new S3Store({ url: TEST_S3_URL, ...given })]);

async function all(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.each(stores)('the store of %s keeps pieces', (_name, open) => {
  let store: PackageStore;
  beforeAll(() => {
    store = open();
  });
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

it('files that cannot be written whole leave nothing', async () => {
  const store = new FileStore(join(root, 'file'));
  await store.put('folder', 0, Buffer.from('x'));
  // A folder is where the piece would be.
  mkdirSync(join(root, 'file/folder/1'));
  await expect(store.put('folder', 1, Buffer.from('y'))).rejects.toMatchObject({ code: 'unavailable' });
  expect(readdirSync(join(root, 'file/folder')).sort()).toEqual(['0', '1']);
});

describe('a bucket', () => {
  beforeEach(() => {
    server.tamper = (body) => body;
    server.refused.length = 0;
  });

  it.each<[string, Partial<S3Options>]>([
    ['SignatureDoesNotMatch', { secretKey: 'another' }],
    ['InvalidAccessKeyId', { accessKey: 'another' }],
    ['AuthorizationHeaderMalformed', { region: 'another' }],
  ])('refuses who signs otherwise: %s', async (code, changes) => {
    const other = s3(changes);
    await s3().put('folder', 0, Buffer.from('x'));
    expect(await other.writable()).toBe(false);
    await expect(other.put('folder', 0, Buffer.from('y'))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(all(other.read('folder', 0, 0, 0))).rejects.toThrow('403');
    await expect(other.remove('folder', 1)).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.refused).toEqual([code, code, code, code]);
    expect((await all(s3().read('folder', 0, 0, 0))).toString()).toBe('x');
  });

  it('takes no piece that was changed on its way', async () => {
    server.tamper = (body) => (body.length > 0 ? Buffer.from('evil') : body);
    await expect(s3().put('folder', 7, Buffer.from('good'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.refused).toEqual(['XAmzContentSHA256Mismatch']);
    await expect(all(s3().read('folder', 7, 0, 0))).rejects.toThrow('404');
  });

  it('that is busy for a moment is asked again', async () => {
    server.busy = 2;
    await s3().put('folder', 8, Buffer.from('patient'));
    expect((await all(s3().read('folder', 8, 0, 6))).toString()).toBe('patient');
    expect(server.refused).toEqual(['SlowDown', 'SlowDown']);
  });

  it('that is away is not writable', async () => {
    const away = s3({ url: 'http://127.0.0.1:9/none' });
    expect(await away.writable()).toBe(false);
    await expect(away.put('folder', 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('without keys does not start', () => {
    const settings = { PACKAGE_STORE: 's3', S3_URL: 'https://s3.example.com/bucket' } as const;
    expect(() => openStore(Object.assign(new DownloadsConfig(), settings))).toThrow(/S3_ACCESS_KEY/);
  });
});
