import { describe, expect, it } from 'vitest';
import { harmless, harmlessLines, isolated } from './harmless';

describe('text of strangers', () => {
  it.each([
    ['a NUL', 'a\u0000b', 'a\u2400b'],
    ['an escape', '\u001b[31mred', '\u241b[31mred'],
    ['a line feed', 'a\nb', 'a\u240ab'],
    ['C1 controls', 'a\u009bb\u007f', 'a\ufffdb\u2421'],
    ['an override of the direction', 'user\u202egpj.exe', 'user\ufffdgpj.exe'],
    ['an isolate that is never closed', '\u2066abc', '\ufffdabc'],
    ['half of a character', 'a\ud83db', 'a\ufffdb'],
    ['marks stacked over the lines around', `o${'\u0300'.repeat(500)}k`, `o${'\u0300'.repeat(4)}k`],
  ])('shows %s instead of obeying it', (_, text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  it('keeps markup, emoji and every script as they are: they are text', () => {
    const text = '<script>alert(1)</script> &amp; 👩‍👩‍👧 שלום 日本 \ufffd é';
    expect(harmless(text)).toBe(text);
  });

  it('keeps lines and tabs where they belong', () => {
    expect(harmlessLines('a\tb\r\nc\u0007')).toBe('a\tb\nc\u2407');
  });
});

it('a value cannot turn the sentence around it', () => {
  expect(isolated('plain-name_1.example')).toBe('plain-name_1.example');
  expect(isolated('שלום')).toBe('\u2068שלום\u2069');
  expect(isolated('x\u202e\u2069y')).toBe('\u2068x\ufffd\ufffdy\u2069');
});
