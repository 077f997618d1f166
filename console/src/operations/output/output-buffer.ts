import type { OutputPiece } from '@muster/contracts';
import { plainLine } from './strip-controls';

export type Stream = OutputPiece['stream'];
export interface OutputLine {
  stream: Stream;
  /** Raw text of the line, as far as it is kept. */
  text: string;
  /** No line feed came yet. */
  open: boolean;
}

/** What a page keeps of an output; older lines go. The whole of it can be downloaded. */
export const KEPT_LINES = 20_000;
export const KEPT_LINE_LENGTH = 8_000;

/** Numbered pieces of two streams as lines to show. Bounded, however much a device writes. */
export class OutputBuffer {
  readonly lines: OutputLine[] = [];
  /** Lines that are not kept any more. */
  dropped = 0;
  /** Number of the next piece. */
  next = 0;

  /** Takes the pieces that come next and passes over those that are known. False: there is a gap, fetch from `next`. */
  append(pieces: readonly OutputPiece[]): boolean {
    for (const piece of pieces) {
      if (piece.number < this.next) continue;
      if (piece.number > this.next) return false;
      this.next++;
      this.write(piece.stream, piece.text);
    }
    this.forget();
    return true;
  }

  /** The kept lines as plain text. */
  text(): string {
    return this.lines.map(({ text }) => plainLine(text)).join('\n');
  }

  private write(stream: Stream, text: string): void {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      const open = index === parts.length - 1;
      if (open && part === '') break;
      this.add(stream, part, open);
    }
  }

  /** Continues the open line, or begins a new one: also where the other stream speaks in the middle of a line. */
  private add(stream: Stream, text: string, open: boolean): void {
    const last = this.lines.at(-1);
    if (last?.open && last.stream === stream) {
      last.text = (last.text + text).slice(0, KEPT_LINE_LENGTH);
      last.open = open;
      return;
    }
    if (last) last.open = false;
    this.lines.push({ stream, text: text.slice(0, KEPT_LINE_LENGTH), open });
  }

  private forget(): void {
    const surplus = this.lines.length - KEPT_LINES;
    if (surplus <= 0) return;
    this.lines.splice(0, surplus);
    this.dropped += surplus;
  }
}
