import type { OutputPiece } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { KEPT_LINE_LENGTH, KEPT_LINES, OutputBuffer } from './output-buffer';

const piece = (number: number, text: string, stream: OutputPiece['stream'] = 'stdout'): OutputPiece => ({
  number,
  stream,
  text,
});
const shown = ({ lines }: OutputBuffer) => lines.map(({ stream, text }) => `${stream === 'stdout' ? '' : '! '}${text}`);

describe('output', () => {
  it('becomes lines, also where a line is cut in two pieces', () => {
    const buffer = new OutputBuffer();
    expect(buffer.append([piece(0, 'one\ntw'), piece(1, 'o\n\nthree')])).toBe(true);
    expect(shown(buffer)).toEqual(['one', 'two', '', 'three']);
  });

  it('keeps the streams apart when one speaks in the middle of the other', () => {
    const buffer = new OutputBuffer();
    buffer.append([piece(0, 'working… '), piece(1, 'careful!\n', 'stderr'), piece(2, 'done\n')]);
    expect(shown(buffer)).toEqual(['working… ', '! careful!', 'done']);
  });

  it('takes each piece once and stops at a gap', () => {
    const buffer = new OutputBuffer();
    expect(buffer.append([piece(0, 'a\n'), piece(1, 'b\n')])).toBe(true);
    expect(buffer.append([piece(1, 'b\n'), piece(3, 'd\n')])).toBe(false);
    expect(buffer.next).toBe(2);
    expect(buffer.append([piece(0, 'a\n'), piece(1, 'b\n'), piece(2, 'c\n'), piece(3, 'd\n')])).toBe(true);
    expect(shown(buffer)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stays bounded and says how much is gone', () => {
    const buffer = new OutputBuffer();
    buffer.append([piece(0, 'x\n'.repeat(KEPT_LINES + 5)), piece(1, 'y'.repeat(KEPT_LINE_LENGTH * 3))]);
    expect(buffer.lines).toHaveLength(KEPT_LINES);
    expect(buffer.dropped).toBe(6);
    expect(buffer.lines.at(-1)?.text).toHaveLength(KEPT_LINE_LENGTH);
  });

  it('is copied as plain text', () => {
    const buffer = new OutputBuffer();
    buffer.append([piece(0, '\u001b[31mred\u001b[0m\nnext')]);
    expect(buffer.text()).toBe('red\nnext');
  });
});
