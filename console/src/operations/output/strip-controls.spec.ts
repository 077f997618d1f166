import { describe, expect, it } from 'vitest';
import { plainLine } from './strip-controls';

describe('a line of output', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m and \u001b[38;5;12mblue', 'red and blue'],
    ['cursor movements', 'a\u001b[2K\u001b[1Gb', 'ab'],
    ['C1 forms', '\u009b31mred', 'red'],
    ['links and window titles', '\u001b]8;;http://x\u0007text\u001b]8;;\u001b\\ \u001b]0;title\u0007', 'text '],
    ['an OSC without an end', 'a\u001b]0;never closed', 'a'],
    ['character sets', '\u001b(Bplain', 'plain'],
    ['a sequence that is cut off', 'a\u001b[31', 'a'],
    ['a lone escape', 'a\u001b', 'a'],
    ['bells and backspaces', 'a\u0007\u0008b', 'ab'],
    ['text that claims to run the other way', 'user\u202egpj.exe', 'usergpj.exe'],
  ])('loses %s', (_, line, plain) => {
    expect(plainLine(line)).toBe(plain);
  });

  it.each([
    ['colours', '\u241b[1;31mred\u241b[0m', 'red'],
    ['window titles', '\u241b]0;title\u2407text', 'text'],
    ['links', '\u241b]8;;http://x\u241b\\text\u241b]8;;\u241b\\', 'text'],
    ['character sets', '\u241b(Bplain', 'plain'],
  ])('loses %s that an agent sent as pictures of the controls', (_, line, plain) => {
    expect(plainLine(line)).toBe(plain);
  });

  it('keeps a picture that begins no sequence', () => {
    expect(plainLine('press \u241b to leave')).toBe('press \u241b to leave');
  });

  it('shows what a terminal would show after a carriage return', () => {
    expect(plainLine('10 %\r50 %\r100 %')).toBe('100 %');
    expect(plainLine('from Windows\r')).toBe('from Windows');
  });

  it('keeps tabs, markup and other scripts as they are', () => {
    expect(plainLine('a\t<b>&amp; שלום 日本')).toBe('a\t<b>&amp; שלום 日本');
  });

  it('takes linear time for hostile text', () => {
    const time = (size: number) => {
      const text = '\u001b['.repeat(size) + '\u001b]'.repeat(size) + ';'.repeat(size);
      const start = performance.now();
      plainLine(text);
      return performance.now() - start;
    };
    time(1000);
    // Quadratic work would make it a hundred times as long.
    expect(time(100_000)).toBeLessThan(Math.max(time(10_000), 2) * 50);
  });
});
