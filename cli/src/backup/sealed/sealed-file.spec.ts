import { randomBytes } from 'node:crypto';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { testFolder } from '../../testing/folder';
import { CHUNK_BYTES, END_MARK, type HeaderFacts, MAC_BYTES, MAGIC, TAG_BYTES } from './header';
import { readHeader, readSealed } from './sealed-reader';
import { SealedWriter } from './sealed-writer';

/** For a test a guess need not be dear. */
const CHEAP = { N: 2 ** 10, r: 8, p: 1 };
const PASSPHRASE = 'correct horse battery staple';
const facts: HeaderFacts = {
  ...{ version: '1.2.3', takenAt: '2025-06-01T02:30:00.000Z', server: 'itsm', installation: 'a1b2' },
};
const folder = testFolder();
let sequence = 0;

async function sealed(content: Buffer, pieces = [content.length]): Promise<string> {
  const path = join(folder, `${(sequence += 1)}.backup`);
  const file = await open(path, 'wx');
  const writer = await SealedWriter.begin(file, facts, PASSPHRASE, CHEAP);
  let from = 0;
  for (const length of pieces) await writer.write(content.subarray(from, (from += length)));
  await writer.end();
  await file.close();
  expect(writer.bytes).toBe((await stat(path)).size);
  return path;
}

async function opened(path: string, passphrase = PASSPHRASE): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readSealed(path, passphrase)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a sealed file', () => {
  it.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])(
    'gives back %i bytes, and says in the clear what it is',
    async (length) => {
      const content = randomBytes(length);
      const third = Math.floor(length / 3);
      const path = await sealed(content, [third, third, length - 2 * third]);
      expect((await opened(path)).equals(content)).toBe(true);
      expect(await readHeader(path)).toMatchObject(facts);
      if (length > 100) expect((await readFile(path)).includes(content.subarray(0, 32))).toBe(false);
    },
  );

  it('is another one each time', async () => {
    const content = Buffer.from('the same');
    const [one, other] = [await readFile(await sealed(content)), await readFile(await sealed(content))];
    expect(one.equals(other)).toBe(false);
  });
});

describe('a file that is not what was written', () => {
  const content = randomBytes(3 * CHUNK_BYTES + 1000);
  let whole: Buffer;
  let body: number;
  beforeAll(async () => {
    whole = await readFile(await sealed(content));
    body = MAGIC.length + 4 + whole.readUInt32BE(MAGIC.length) + MAC_BYTES;
  });
  const chunk = CHUNK_BYTES + TAG_BYTES;
  const at = (index: number): Buffer => whole.subarray(body + index * chunk, body + (index + 1) * chunk);
  const flipped = (position: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[position] = (copy[position] ?? 0) ^ 1;
    return copy;
  };
  const fault = async (bytes: Buffer, passphrase?: string): Promise<string> => {
    const path = join(folder, 'damaged.backup');
    await writeFile(path, bytes);
    return opened(path, passphrase).then(
      () => 'it was read',
      (error: Error) => error.message,
    );
  };

  it('for another passphrase is refused before anything is read', async () => {
    expect(await fault(whole, 'correct horse battery stable')).toContain('The passphrase is not that of');
  });

  it.each([
    ['its last byte', () => whole.subarray(0, -1)],
    ['its second half', () => whole.subarray(0, Math.floor(whole.length / 2))],
    ['all but its header', () => whole.subarray(0, body)],
    ['all but the first of its header', () => whole.subarray(0, MAGIC.length + 30)],
  ])('lacks %s: truncated', async (_what, cut) => {
    expect(await fault(cut())).toContain('is truncated');
  });

  it.each([
    ['without its last chunk', () => Buffer.concat([whole.subarray(0, body + 3 * chunk), END_MARK])],
    [
      'without a chunk in its middle',
      () => Buffer.concat([whole.subarray(0, body), at(0), whole.subarray(body + 2 * chunk)]),
    ],
    [
      'with two chunks exchanged',
      () => Buffer.concat([whole.subarray(0, body), at(1), at(0), whole.subarray(body + 2 * chunk)]),
    ],
    ['with a byte changed in its first chunk', () => flipped(body + 10)],
    ['with a byte changed in its last tag', () => flipped(whole.length - END_MARK.length - 1)],
    ['with bytes added', () => Buffer.concat([whole.subarray(0, -END_MARK.length), Buffer.alloc(5), END_MARK])],
  ])('%s is altered, although its end is there', async (_what, damage) => {
    expect(await fault(damage())).toContain('was altered: what stands from byte');
  });

  it('hands out what was proven before the damage, and no byte of the chunk with it', async () => {
    const path = join(folder, 'late.backup');
    await writeFile(path, flipped(body + 2 * chunk + 5));
    const pieces: Buffer[] = [];
    const reading = (async () => {
      for await (const piece of readSealed(path, PASSPHRASE)) pieces.push(piece);
    })();
    await expect(reading).rejects.toMatchObject({ exitCode: 65 });
    expect(Buffer.concat(pieces).equals(content.subarray(0, 2 * CHUNK_BYTES))).toBe(true);
  });

  it('with another version in its header is refused, although that is readable without the passphrase', async () => {
    const position = whole.indexOf('1.2.3');
    expect(await fault(flipped(position))).toContain('the beginning of the file was altered');
  });

  it('is no backup, or one of a format to come', async () => {
    expect(await fault(Buffer.from('{"not": "a backup"}'))).toContain('is not a backup of muster');
    expect(await fault(Buffer.alloc(0))).toContain('is not a backup of muster');
    const newer = Buffer.from(whole);
    newer.write('muster-backup-2\n');
    expect(await fault(newer)).toContain('of a newer version of muster');
  });

  it('cannot make the reader take all memory by its header', async () => {
    const text = whole.toString('latin1').replace('"N":1024', '"N":1048576000');
    expect(await fault(Buffer.from(text, 'latin1'))).toMatch(/beginning (cannot be read|of the file was altered)/);
  });
});
