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
  /** Accounts have certificates on other servers too, and are not signed in by password there. */
  byCertificate: boolean;
  /** Why no other server is asked. */
  oursAlone?: string;
  steps: Step[];
  /** Paragraphs that are left out, since this server is known to do something else. */
  differences: Difference[];
}

/** A paragraph that does not hold on a server. */
export interface Difference {
  /** Its first line, and its last one. */
  line: number;
  end: number;
  /** What comes instead of what the transcript says: the name of an element, `silence` or `end`. */
  instead: string;
}

/** Lines without an empty one between them. */
interface Paragraph {
  line: number;
  lines: string[];
  /** What the server does instead, by server. */
  differsOn: Map<string, string>;
  onlyOn?: string[];
}

/**
 * Reads a transcript. `C:` is what the client sends, `S:` what the server must answer, `C2:` and `S2:` belong to a second
 * connection; indented lines go on with the line before; `[…]` is something that happens; `#` begins a comment, and the
 * first one is the title. `testing/transcripts/README.md` tells the rest.
 *
 * @param server whose turn it is: paragraphs that differ on it, or are for others only, are left out
 * @param asked line of a paragraph that is not left out although it differs; nothing behind it is read
 */
export function parseTranscript(source: string, server = 'muster', asked?: number): Transcript {
  const transcript: Transcript = {
    title: '',
    options: {},
    anyServer: false,
    byCertificate: false,
    steps: [],
    differences: [],
  };
  for (const paragraph of paragraphsOf(source)) {
    const { line, lines, differsOn, onlyOn } = paragraph;
    const instead = differsOn.get(server);
    const skipped = (instead !== undefined && line !== asked) || (onlyOn && !onlyOn.includes(server));
    if (instead !== undefined) transcript.differences.push({ line, end: line + lines.length - 1, instead });
    for (const [index, text] of lines.entries()) addLine(text, line + index, transcript, skipped ?? false);
    if (line === asked) break;
  }
  return transcript;
}

function paragraphsOf(source: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let open: Paragraph | undefined;
  for (const [index, text] of source.split('\n').entries()) {
    if (text.trim() === '') {
      open = undefined;
      continue;
    }
    if (!open) paragraphs.push((open = { line: index + 1, lines: [], differsOn: new Map() }));
    open.lines.push(text);
    if (text.startsWith('#')) readReservation(text.slice(1).trim(), open, index + 1);
  }
  return paragraphs;
}

/** `# differs on: prosody (silence), ejabberd (not-well-formed) — why` and `# only on: muster — why`. */
function readReservation(comment: string, paragraph: Paragraph, line: number): void {
  const [, kind, names = '', why] = /^(differs|only) on: (.*?)(?: — (\S.*))?$/.exec(comment) ?? [];
  if (kind === undefined) return;
  if (why === undefined) throw new Error(`line ${line} gives no reason`);
  for (const name of names.split(', ')) {
    const [, server, instead] = /^([a-z]+)(?: \(([a-z-]+)\))?$/.exec(name) ?? [];
    if (server === undefined || (kind === 'differs') !== (instead !== undefined))
      throw new Error(`line ${line} does not say on which server, or what it does instead`);
    if (instead === undefined) (paragraph.onlyOn ??= []).push(server);
    else paragraph.differsOn.set(server, instead);
  }
}

function addLine(raw: string, line: number, transcript: Transcript, skipped: boolean): void {
  if (raw.startsWith('#')) return addComment(raw.slice(1).trim(), transcript);
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

function addComment(comment: string, transcript: Transcript): void {
  transcript.title ||= comment;
  if (/^any server(, by certificate)?$/.test(comment)) transcript.anyServer = true;
  if (comment === 'any server, by certificate') transcript.byCertificate = true;
  const [, why] = /^ours alone — (\S.*)$/.exec(comment) ?? [];
  if (why !== undefined) transcript.oursAlone = why;
}
