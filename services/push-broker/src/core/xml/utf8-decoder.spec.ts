import { expect, it } from 'vitest';
import { Utf8Decoder } from './utf8-decoder';

it('joins characters that were cut anywhere', () => {
  const bytes = Buffer.from('aé€😀z\ufffd');
  for (let first = 0; first <= bytes.length; first++)
    for (let second = first; second <= bytes.length; second++) {
      const decoder = new Utf8Decoder();
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      expect(pieces.map((piece) => decoder.decode(piece)).join('')).toBe('aé€😀z\ufffd');
      expect(decoder.broken).toBe(false);
    }
});

const WRONG = ['ff', 'c0af', 'eda080', 'f4908080', '80', 'e28261', 'f09f98', 'c3', 'f888808080'];

it('refuses bytes that are not UTF-8', () => {
  for (const hex of WRONG) {
    const decoder = new Utf8Decoder();
    decoder.decode(Buffer.from(hex, 'hex'));
    // An unfinished character is no fault before something follows that does not finish it.
    decoder.decode(Buffer.from('<'));
    expect(decoder.broken, hex).toBe(true);
    expect(decoder.decode(Buffer.from('sound'))).toBe('');
  }
});

it('has what came before them, in whatever pieces', () => {
  for (const hex of WRONG) {
    const bytes = Buffer.concat([Buffer.from('aé€\ufffd😀z'), Buffer.from(hex, 'hex'), Buffer.from('<sound/>')]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = new Utf8Decoder();
      const text = decoder.decode(bytes.subarray(0, cut)) + decoder.decode(bytes.subarray(cut));
      expect([text, decoder.broken], `${hex} cut at ${cut}`).toEqual(['aé€\ufffd😀z', true]);
    }
  }
});

it('does not wait for the rest of what no rest could make right', () => {
  for (const hex of ['80', 'c0', 'c1', 'f5', 'ff']) {
    const decoder = new Utf8Decoder();
    decoder.decode(Buffer.from(hex, 'hex'));
    expect(decoder.broken, hex).toBe(true);
  }
});
