/** One line of a transcript. */
export type Step =
  | { line: number; kind: 'send'; client: string; text: string }
  | { line: number; kind: 'expect'; client: string; text: string }
  | { line: number; kind: 'do'; words: string[] };

export interface Transcript {
  title: string;
  /** Limits and timings that differ from the usual, from `[with name value, …]`. */
  options: Record<string, number>;
  steps: Step[];
}

/**
 * Reads a transcript. `C:` is what the client sends, `S:` what the server must answer, `C2:` and `S2:` belong to a second
 * connection; indented lines go on with the line before; `[…]` is something that happens; `#` begins a comment, and the
 * first one is the title. `testing/transcripts/README.md` tells the rest.
 */
export function parseTranscript(source: string): Transcript {
  const transcript: Transcript = { title: '', options: {}, steps: [] };
  for (const [index, raw] of source.split('\n').entries()) {
    const line = index + 1;
    if (raw.trim() === '') continue;
    if (raw.startsWith('#')) {
      transcript.title ||= raw.slice(1).trim();
      continue;
    }
    if (/^\s/.test(raw)) {
      const before = transcript.steps.at(-1);
      if (!before || before.kind === 'do') throw new Error(`line ${line} goes on with nothing`);
      before.text += `\n${raw.trim()}`;
      continue;
    }
    const exchange = /^([CS])(\d*):(.*)$/.exec(raw);
    const action = /^\[(.*)\]$/.exec(raw.trim());
    if (exchange) {
      const [, side, number = '', text = ''] = exchange;
      transcript.steps.push({ line, kind: side === 'C' ? 'send' : 'expect', client: `C${number}`, text: text.trim() });
    } else if (action?.[1]?.startsWith('with ')) {
      for (const setting of action[1].slice(5).split(',')) {
        const [name = '', value = ''] = setting.trim().split(' ');
        transcript.options[name] = Number(value);
      }
    } else if (action) transcript.steps.push({ line, kind: 'do', words: (action[1] ?? '').trim().split(/\s+/) });
    else throw new Error(`line ${line} is neither C:, S:, […] nor #`);
  }
  return transcript;
}
