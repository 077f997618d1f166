export interface Edited {
  text: string;
  start: number;
  end: number;
}

/** What the Tab key does to a text: a tab at the caret, or all chosen lines one step in (or out, with Shift). */
export function indent(text: string, start: number, end: number, back: boolean): Edited {
  if (!back && start === end) {
    return { text: `${text.slice(0, start)}\t${text.slice(end)}`, start: start + 1, end: start + 1 };
  }
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const lines = text.slice(from, end).split('\n');
  const changed = lines.map((line) => (back ? line.replace(/^(\t| {1,4})/, '') : `\t${line}`));
  const first = (changed[0]?.length ?? 0) - (lines[0]?.length ?? 0);
  const all = changed.join('\n').length - (end - from);
  return {
    text: text.slice(0, from) + changed.join('\n') + text.slice(end),
    start: Math.max(from, start + first),
    end: Math.max(from, end + all),
  };
}
