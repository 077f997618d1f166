import { StringDecoder } from 'node:string_decoder';

/**
 * Bytes of one output stream → text that the server can store: UTF-8 joined across reads, what is not UTF-8 as U+FFFD,
 * control characters other than tab, line feed and carriage return as their visible pictures (U+2400 and on).
 */
export class TextDecoding {
  private readonly decoder = new StringDecoder('utf8');

  write(bytes: Buffer): string {
    return storable(this.decoder.write(bytes));
  }

  /** What was left of an unfinished character. */
  end(): string {
    return storable(this.decoder.end());
  }
}

const storable = (text: string): string =>
  text.replaceAll(CONTROLS, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)));
const CONTROLS = new RegExp(`[${String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f`}]`, 'g');

/** Cuts text into pieces of at most `longest` UTF-16 units, never inside a surrogate pair. */
export function* pieces(text: string, longest: number): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + longest, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    yield text.slice(start, end);
    start = end;
  }
}
