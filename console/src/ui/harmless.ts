/** Controls, marks that reorder the text around them, line separators, and halves of characters. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;
/** Marks that stack on one letter until they cover the lines around it. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/** Text of devices and of strangers on one line: what cannot be seen or would reorder its surroundings is made visible. */
export const harmless = (text: string): string => text.replace(UNSAFE, pictureOf).replace(STACKED, '$1');

/** The same for text with lines and tabs of its own. */
export const harmlessLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(harmless).join('\t'))
    .join('\n');

function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/** Right-to-left scripts and whatever `harmless` changes. */
const REORDERS =
  /[\u0000-\u001f\u007f-\u009f\u0590-\u08ff\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufb1d-\ufdff\ufe70-\ufeff]|[\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A value within a sentence: it keeps its own direction and does not change that of the sentence (UAX #9, isolates). */
export const isolated = (value: string): string => (REORDERS.test(value) ? `\u2068${harmless(value)}\u2069` : value);
