/** One line of a transcript. */
export type Step =
  | { line: number; kind: 'send'; client: string; text: string }
  | { line: number; kind: 'expect'; client: string; text: string }
  | { line: number; kind: 'do'; words: string[] };

export interface Transcript {
  title: string;
  /** Limits and timings that differ from the usual, from `[with name value, …]`. */
  options: Record<string, number>;
  /** Says what holds for every XMPP server, so that others can be asked too. */
  anyServer: boolean;
  steps: Step[];
}

/** What the comments of a paragraph say of other servers. */
interface Reservations {
  differsOn: Set<string>;
  onlyOn?: Set<string>;
}

/**
 * Reads a transcript. `C:` is what the client sends, `S:` what the server must answer, `C2:` and `S2:` belong to a second
 * connection; indented lines go on with the line before; `[…]` is something that happens; `#` begins a comment, and the
 * first one is the title. `testing/transcripts/README.md` tells the rest.
 *
 * @param server whose turn it is: paragraphs that differ on it are left out
 */
export function parseTranscript(source: string, server = 'muster'): Transcript {
  const transcript: Transcript = { title: '', options: {}, anyServer: false, steps: [] };
  let reservations: Reservations = { differsOn: new Set() };
  let first = true;
  let skippedFile = false;
  for (const [index, raw] of source.split('\n').entries()) {
    const line = index + 1;
    if (raw.trim() === '') {
      // What the first paragraph says holds for the whole file.
      if (first) skippedFile = isSkipped(reservations, server);
      first = false;
      reservations = { differsOn: new Set() };
      continue;
    }
    if (raw.startsWith('#')) {
      const comment = raw.slice(1).trim();
      transcript.title ||= comment;
      if (comment === 'any server') transcript.anyServer = true;
      read(comment, reservations, line);
      continue;
    }
    addLine(raw, line, transcript, skippedFile || isSkipped(reservations, server));
  }
  return transcript;
}

/** `# differs on: prosody, ejabberd — why` and `# only on: ejabberd — why`. */
function read(comment: string, reservations: Reservations, line: number): void {
  const found = /^(differs|only) on: ([a-z, ]+)(.*)$/.exec(comment);
  if (!found) return;
  const [, kind, names = '', why = ''] = found;
  if (!/^— ?\S/.test(why.trim())) throw new Error(`line ${line} gives no reason`);
  const servers = names.split(',').map((name) => name.trim());
  if (kind === 'only') reservations.onlyOn = new Set(servers);
  else for (const name of servers) reservations.differsOn.add(name);
}

const isSkipped = ({ differsOn, onlyOn }: Reservations, server: string): boolean =>
  differsOn.has(server) || (onlyOn !== undefined && !onlyOn.has(server));

function addLine(raw: string, line: number, transcript: Transcript, skipped: boolean): void {
  if (/^\s/.test(raw)) {
    if (skipped) return;
    const before = transcript.steps.at(-1);
    if (!before || before.kind === 'do') throw new Error(`line ${line} goes on with nothing`);
    before.text += `\n${raw.trim()}`;
    return;
  }
  const exchange = /^([CS])(\d*):(.*)$/.exec(raw);
  const action = /^\[(.*)\]$/.exec(raw.trim());
  if (!exchange && !action) throw new Error(`line ${line} is neither C:, S:, […] nor #`);
  if (action?.[1]?.startsWith('with ')) {
    for (const setting of action[1].slice(5).split(',')) {
      const [name = '', value = ''] = setting.trim().split(' ');
      transcript.options[name] = Number(value);
    }
  } else if (skipped) return;
  else if (exchange) {
    const [, side, number = '', text = ''] = exchange;
    transcript.steps.push({ line, kind: side === 'C' ? 'send' : 'expect', client: `C${number}`, text: text.trim() });
  } else transcript.steps.push({ line, kind: 'do', words: (action?.[1] ?? '').trim().split(/\s+/) });
}
