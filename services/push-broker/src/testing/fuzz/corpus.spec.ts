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

/** What a server of its own answers; nothing that an earlier round left behind changes it. */
async function answerOf(pieces: Buffer[]): Promise<string> {
  const rig = new FuzzRig();
  try {
    const answer = withoutAccidents(await rig.answer(pieces));
    await rig.expectUnharmed();
    return answer;
  } finally {
    rig.end();
  }
}

describe('whatever the network does to the pieces, the answer is the same', () => {
  for (const [name, bytes] of corpus) {
    it(name, async () => {
      const whole = await answerOf([bytes]);
      const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
      expect(await answerOf(single)).toBe(whole);
      const random = generator(7);
      for (let round = 0; round < 5; round++) {
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1)
          pieces.push(bytes.subarray(at, at + 1 + random(40)));
        expect(await answerOf(pieces)).toBe(whole);
      }
    });
  }
});
