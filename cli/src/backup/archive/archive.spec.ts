import { describe, expect, it } from 'vitest';
import { readArchive } from './archive-reader';
import { ArchiveWriter } from './archive-writer';

async function written(fill: (archive: ArchiveWriter) => Promise<void>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await fill(new ArchiveWriter({ write: async (data) => void pieces.push(Buffer.from(data)) }));
  return Buffer.concat(pieces);
}
/** In pieces that fit no frame. */
async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
}
async function entries(bytes: Buffer, length = 7): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { head, data } of readArchive(inPieces(bytes, length))) {
    let text = '';
    for await (const piece of data) text += piece.toString();
    found.push([head.kind, text]);
  }
  return found;
}

async function* twoPieces(): AsyncGenerator<Buffer> {
  yield Buffer.from('of unknown ');
  yield Buffer.alloc(0);
  yield Buffer.from('length');
}
const whole = () =>
  written(async (archive) => {
    await archive.add({ kind: 'postgres' }, twoPieces());
    await archive.add({ kind: 'volume', service: 'downloads', path: '/packages' });
    await archive.add({ kind: 'messages', stream: 'EVENTS' }, Buffer.from('{}\n'));
    await archive.end();
  });

describe('an archive', () => {
  it.each([1, 7, 4096])('gives its entries back, read in pieces of %i bytes', async (length) => {
    expect(await entries(await whole(), length)).toEqual([
      ['postgres', 'of unknown length'],
      ['volume', ''],
      ['messages', '{}\n'],
    ]);
  });

  it('passes over what nobody reads', async () => {
    const kinds: string[] = [];
    for await (const { head } of readArchive(inPieces(await whole(), 11))) kinds.push(head.kind);
    expect(kinds).toEqual(['postgres', 'volume', 'messages']);
  });

  it('that is not whole is refused', async () => {
    const bytes = await whole();
    await expect(entries(bytes.subarray(0, -4))).rejects.toThrow('ends in the middle');
    await expect(entries(Buffer.concat([bytes, Buffer.from('more')]))).rejects.toThrow('its end does not fit');
    const unfinished = await written((archive) => archive.add({ kind: 'postgres' }));
    await expect(entries(unfinished)).rejects.toThrow('ends in the middle');
  });
});
