import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** Questions to a person at a terminal. They go to standard error, so that standard output stays the result's. */
export class Prompts {
  constructor(
    private readonly input: Readable,
    private readonly output: Writable,
  ) {}

  /** Asks until the answer will do. @param check returns what is wrong with an answer, or nothing */
  async ask(question: string, fallback: string, check: (answer: string) => string | undefined): Promise<string> {
    const lines = createInterface({ input: this.input, output: this.output });
    try {
      for (;;) {
        const answer = (await lines.question(`${question}${fallback ? ` [${fallback}]` : ''}: `)).trim() || fallback;
        const problem = check(answer);
        if (!problem) return answer;
        this.output.write(`  ${problem}\n`);
      }
    } finally {
      lines.close();
    }
  }

  async confirm(question: string): Promise<boolean> {
    const answer = await this.ask(`${question} (yes/no)`, 'yes', (given) =>
      /^(y|yes|n|no)$/i.test(given) ? undefined : 'Please answer yes or no.',
    );
    return /^y/i.test(answer);
  }
}
