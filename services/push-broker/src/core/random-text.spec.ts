import { expect, it } from 'vitest';
import { randomText } from './random-text';

it('never gives out the same twice, in the length that is asked for', () => {
  const texts = Array.from({ length: 5000 }, (_, index) => randomText(9 + (index % 10)));
  expect(new Set(texts).size).toBe(5000);
  for (const [index, text] of texts.entries()) expect(Buffer.from(text, 'base64url')).toHaveLength(9 + (index % 10));
  expect(texts.join('')).not.toContain('A'.repeat(8));
});
