import { describe, expect, it } from 'vitest';
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

/** What a server of its own answers; nothing that an earlier round left behind changes it. */
async function answerOf(pieces: Buffer[], isText: boolean): Promise<string> {
  const rig = new FuzzRig();
  try {
    const answer = comparable(await rig.answer(pieces), isText);
    await rig.expectUnharmed();
    return answer;
  } finally {
    rig.end();
  }
}

describe('whatever the network does to the pieces, the answer is the same', () => {
  for (const [name, bytes] of corpus) {
    it(name, async () => {
      const isText = isUtf8(bytes);
      const whole = await answerOf([bytes], isText);
      expect(whole).not.toBe('false');
      const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
      expect(await answerOf(single, isText)).toBe(whole);
      const random = generator(7);
      for (let round = 0; round < 5; round++) {
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1)
          pieces.push(bytes.subarray(at, at + 1 + random(40)));
        expect(await answerOf(pieces, isText)).toBe(whole);
      }
    });
  }
});
