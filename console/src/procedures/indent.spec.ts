import { expect, it } from 'vitest';
import { indent } from './indent';

/** `[` and `]` stand for the selection, `|` for a caret. */
function press(marked: string, back: boolean): string {
  const start = marked.search(/[[|]/);
  const plain = marked.replace(/[[|]/, '');
  const close = plain.indexOf(']');
  const { text, start: from, end } = indent(plain.replace(']', ''), start, close === -1 ? start : close, back);
  const inside = from === end ? '|' : `[${text.slice(from, end)}]`;
  return text.slice(0, from) + inside + text.slice(end);
}

it.each([
  ['puts a tab at the caret', 'ab|c', false, 'ab\t|c'],
  ['moves all chosen lines in', 'a\n[b\nc]\nd', false, 'a\n\t[b\n\tc]\nd'],
  ['moves the line back from anywhere in it', '\tab|c', true, 'ab|c'],
  ['moves chosen lines back, tabs or spaces', '[\ta\n    b\n  c\nd]', true, '[a\nb\nc\nd]'],
  ['leaves what has no indent', 'ab|c', true, 'ab|c'],
])('the Tab key %s', (_, before, back, after) => {
  expect(press(before, back)).toBe(after);
});
