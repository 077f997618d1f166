import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corpus } from './corpus';
import { generator } from './random';
import { FuzzRig } from './rig';

/** Names that the server makes up, and clocks. */
const withoutAccidents = (output: string): string =>
  output
    .replace(/ id="[A-Za-z0-9_-]{16,}"/g, ' id="…"')
    .replace(/\/[A-Za-z0-9_-]{8,}(?=["<])/g, '/…')
    .replace(/<(utc|tzo)>[^<]*/g, '<$1>…');

/**
 * Of a piece with bytes that are not UTF-8 nothing is read. What stood before them in the same piece is lost with them,
 * so there the answer does depend on the pieces; that the stream ends does not.
 */
const comparable = (output: string, isText: boolean): string =>
  isText ? withoutAccidents(output) : String(/<stream:error>.*<\/stream:stream>$/.test(output));
const isUtf8 = (bytes: Buffer): boolean => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) !== undefined;
  } catch {
    return false;
  }
};

describe('whatever the network does to the pieces, the answer is the same', () => {
  let rig: FuzzRig;
  beforeEach(() => {
    rig = new FuzzRig();
  });
  afterEach(() => rig.end());

  for (const [name, bytes] of corpus) {
    it(name, async () => {
      const answer = async (pieces: Buffer[]): Promise<string> => comparable(await rig.answer(pieces), isUtf8(bytes));
      const whole = await answer([bytes]);
      expect(whole).not.toBe('false');
      const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
      expect(await answer(single)).toBe(whole);
      const random = generator(7);
      for (let round = 0; round < 5; round++) {
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1)
          pieces.push(bytes.subarray(at, at + 1 + random(40)));
        expect(await answer(pieces)).toBe(whole);
      }
      await rig.expectUnharmed();
    });
  }
});
