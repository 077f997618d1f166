/** A stream as far as a command needs it. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
}

const CODES = { green: 32, yellow: 33, red: 31, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;

/** Results go to standard output, everything else to standard error. Colours only where a person looks. */
export class Terminal {
  constructor(
    private readonly output: Sink,
    private readonly errors: Sink,
    private readonly environment: Readonly<Record<string, string | undefined>> = {},
  ) {}

  /** A person reads the results as they come. */
  get interactive(): boolean {
    return this.output.isTTY === true;
  }

  print(text: string): void {
    this.output.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** What happens now, on long work. */
  progress(sentence: string): void {
    this.errors.write(`${sentence}\n`);
  }

  error(sentence: string, remedy?: string): void {
    this.errors.write(`muster: ${sentence}\n${remedy ? `  ${remedy}\n` : ''}`);
  }

  /** The text in a colour where standard output is a terminal and nobody asked for none (`NO_COLOR`). */
  colour(name: Colour, text: string): string {
    const wanted = this.interactive && !this.environment['NO_COLOR'] && this.environment['TERM'] !== 'dumb';
    return wanted ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text;
  }
}
