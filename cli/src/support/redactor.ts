/** A value that must not leave this machine, and what stands in its place. */
export interface KnownSecret {
  name: string;
  value: string;
}

/** Shorter values are words that could stand anywhere, and no secrets of this suite. */
const SHORTEST = 8;

const NAMED =
  'pass(?:word|phrase|wd)?|secret|token|api[-_]?key|authorization|cookie|credential|private[-_]?key|signature|csrf';

/** Private keys in PEM, also with line feeds written as \n in JSON, and also when the end is cut off. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|$)/g;

/** What secrets look like, wherever they come from. The first group stays. */
const PATTERNS: readonly RegExp[] = [
  // Join tokens; JSON Web Tokens.
  /()\bmuster-join-\d+\.[\w-]+/g,
  /()\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  // Passwords in URLs.
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"']*:)[^\s@"']+(?=@)/gi,
  // Registration keys in the addresses of installers.
  /(\/bip\/)[\w-]{16,}/g,
  // Headers.
  /(\b(?:Bearer|Basic|Digest)\s+)[\w.~+/=-]{6,}/gi,
  /(__Host-[\w-]+=)[^;\s"']+/g,
  // JSON members and NAME=value lines that are named like secrets, and not the files that hold them.
  new RegExp(`("[^"]*(?:${NAMED})[^"]*"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi'),
  new RegExp(
    `^(\\s*(?:export\\s+)?[A-Z0-9_]*(?:PASS|SECRET|TOKEN|_KEY|CREDENTIAL)[A-Z0-9_]*(?<!_FILE)\\s*=)[^\\r\\n]+`,
    'gm',
  ),
  new RegExp(`(\\b(?:${NAMED})=)[^\\s&;,"']{4,}`, 'gi'),
];

/** Takes secrets out of texts: those that are known, in every form that they are written in, and what looks like one. */
export class Redactor {
  private readonly known: { written: string; mark: string }[];

  constructor(secrets: readonly KnownSecret[]) {
    this.known = secrets
      .filter(({ value }) => value.length >= SHORTEST)
      .flatMap(({ name, value }) => forms(value).map((written) => ({ written, mark: `[secret ${name}]` })))
      // The longest first, so that none is left over in part.
      .sort((one, other) => other.written.length - one.written.length);
  }

  clean(text: string): string {
    // Blocks first: a known value could be a part of one, and what is left would no longer look like a key.
    const withoutKeys = text.replaceAll(PRIVATE_KEY, '[secret]');
    const known = this.known.reduce((left, { written, mark }) => left.replaceAll(written, mark), withoutKeys);
    return PATTERNS.reduce((left, pattern) => left.replaceAll(pattern, '$1[secret]'), known);
  }
}

/** As it is, within a URL, within JSON, and in base64 (also behind `user:` as in Basic, whichever byte it begins at). */
function forms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    const text = whole.toString('base64').slice(offset === 0 ? 0 : 4);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([value, encodeURIComponent(value), json, ...base64])].filter(({ length }) => length >= SHORTEST);
}
