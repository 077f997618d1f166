import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppendOutput, type OutputChunk, parse } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputSpool } from './output-spool';
import { OutputWriter } from './output-writer';
import { pieces } from './text-chunker';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'muster-output-'))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Written {
  chunks: OutputChunk[];
  truncated: boolean;
}
function written(writes: Array<['stdout' | 'stderr', Buffer]>, limits = { perOperation: 1e6, folder: 1e7 }): Written {
  const spool = new OutputSpool(folder, limits.folder);
  const writer = new OutputWriter('one', spool, limits, () => undefined);
  for (const [stream, bytes] of writes) writer.write(stream, bytes);
  writer.end();
  const chunks: OutputChunk[] = [];
  for (let part = spool.read('one', 0); part.chunks.length > 0; part = spool.read('one', part.nextOffset))
    chunks.push(...part.chunks);
  expect(chunks.map(({ number }) => number)).toEqual(chunks.map((_, index) => index));
  expect(writer.chunks).toBe(chunks.length);
  if (chunks.length > 0) parse(AppendOutput, { chunks: chunks.slice(0, 64) }, { unknown: 'refuse' });
  return { chunks, truncated: writer.truncated };
}
const textOf = ({ chunks }: Written): string => chunks.map(({ text }) => text).join('');

describe('output', () => {
  it('joins characters however the bytes were cut', () => {
    const text = 'Grüße € 😀 ąęć 漢字\n'.repeat(3);
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const halves: Array<['stdout', Buffer]> = [
        ['stdout', bytes.subarray(0, cut)],
        ['stdout', bytes.subarray(cut)],
      ];
      expect(textOf(written(halves)), `cut at ${cut}`).toBe(text);
      rmSync(join(folder, 'one.chunks'));
    }
  });

  it('keeps the two streams apart while characters are unfinished', () => {
    const euro = Buffer.from('€');
    const result = written([
      ['stdout', euro.subarray(0, 1)],
      ['stderr', Buffer.from('ä')],
      ['stdout', euro.subarray(1)],
    ]);
    expect(result.chunks.map(({ stream, text }) => [stream, text])).toEqual([
      ['stderr', 'ä'],
      ['stdout', '€'],
    ]);
  });

  it('makes everything storable that a program can write', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const text = textOf(written([['stdout', every]]));
    expect(text.startsWith('\u2400\u2401')).toBe(true);
    expect(text).toContain('\t\n\u240b\u240c\r');
    expect(text.match(/\ufffd/g)).toHaveLength(128);
  });

  it('shows what was left of an unfinished character at the end', () => {
    expect(textOf(written([['stdout', Buffer.from([0x41, 0xe2, 0x82])]]))).toBe('A\ufffd');
  });

  it('cuts long output into chunks, never inside a character', () => {
    const text = '😀'.repeat(50_000);
    const result = written([['stdout', Buffer.from(text)]]);
    expect(textOf(result)).toBe(text);
    expect(Math.max(...result.chunks.map((chunk) => chunk.text.length))).toBeLessThanOrEqual(16_384);
    expect([...pieces('a😀b', 2)]).toEqual(['a', '😀', 'b']);
  });

  it('drops what is over the limit and says so', () => {
    const result = written(
      [
        ['stdout', Buffer.from('x'.repeat(60))],
        ['stderr', Buffer.from('y'.repeat(60))],
      ],
      {
        perOperation: 100,
        folder: 1e6,
      },
    );
    expect(textOf(result)).toBe('x'.repeat(60) + 'y'.repeat(40));
    expect(result.truncated).toBe(true);
  });

  it('stops keeping when the folder is full, without a hole', () => {
    const writes = Array.from({ length: 50 }, (_, index): ['stdout' | 'stderr', Buffer] => [
      index % 2 ? 'stdout' : 'stderr',
      Buffer.from(`${index} `.repeat(20)),
    ]);
    const result = written(writes, { perOperation: 1e6, folder: 1000 });
    expect(result.truncated).toBe(true);
    expect(textOf(result)).toBe(
      writes
        .slice(0, result.chunks.length)
        .map(([, bytes]) => bytes.toString())
        .join(''),
    );
  });

  it('goes on after a crash tore off the last line', () => {
    written([['stdout', Buffer.from('first')]]);
    appendFileSync(join(folder, 'one.chunks'), '{"number":1,"str');
    const spool = new OutputSpool(folder, 1e6);
    expect(spool.read('one', 0).chunks).toHaveLength(1);
    expect(spool.resume('one')).toBe(1);
    spool.append('one', { number: 1, stream: 'stdout', text: 'second' });
    expect(spool.read('one', 0).chunks.map(({ text }) => text)).toEqual(['first', 'second']);
  });

  it('reads on from where the server has it', () => {
    written([['stdout', Buffer.from('x'.repeat(300_000))]]);
    const spool = new OutputSpool(folder, 1e7);
    const first = spool.read('one', 0);
    spool.markSent('one', first.nextOffset);
    const next = new OutputSpool(folder, 1e7);
    expect(next.read('one', next.sent('one')).chunks[0]?.number).toBe(first.chunks.length);
  });
});
