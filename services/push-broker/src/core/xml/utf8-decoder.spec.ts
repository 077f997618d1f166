import { expect, it } from 'vitest';
import { Utf8Decoder } from './utf8-decoder';

it('joins characters that were cut anywhere', () => {
  const bytes = Buffer.from('aé€😀z\ufffd');
  for (let first = 0; first <= bytes.length; first++)
    for (let second = first; second <= bytes.length; second++) {
      const decoder = new Utf8Decoder();
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      expect(pieces.map((piece) => decoder.decode(piece)).join('')).toBe('aé€😀z\ufffd');
    }
});

it('refuses bytes that are not UTF-8', () => {
  const wrong = ['ff', 'c0af', 'eda080', 'f4908080', '80', 'e28261', 'f09f98', 'c3'];
  for (const hex of wrong) {
    const decoder = new Utf8Decoder();
    const first = decoder.decode(Buffer.from(hex, 'hex'));
    // An unfinished character is no fault before something follows that does not finish it.
    expect(first === undefined ? undefined : decoder.decode(Buffer.from('<')), hex).toBeUndefined();
  }
});
