import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'transcripts');
const DOCUMENT = /\b(RFC \d{4}|XEP-\d{4}|draft-[a-z\d-]+|urn:[a-z\d:]+|CVE-[\d-]+)/g;

/** A place in a specification; all of it where there is no section. */
export interface Citation {
  document: string;
  section?: string;
}

/** A transcript as far as its first comments tell what it is about. */
export interface TranscriptHead {
  file: string;
  title: string;
  /** What the specifications are called in the file. */
  cites: string;
  citations: Citation[];
  source: string;
}

/**
 * Reads which places of specifications a text names: `RFC 6120 4.7, 4.9.3 (errors); XEP-0198 sections 3 to 5` are five of
 * RFC 6120's sections 4.7 and 4.9.3 and XEP-0198's 3, 4 and 5. What stands in parentheses explains only.
 */
export function citationsIn(text: string): Citation[] {
  const plain = text.replace(/\([^)]*\)/g, '');
  const found = [...plain.matchAll(DOCUMENT)];
  return found.flatMap((match, index) => {
    const document = match[1] ?? '';
    const after = plain.slice(match.index + document.length, found[index + 1]?.index);
    // A version, such as the one in `XEP-0199 2.0.1`, is no section; XEPs are cited by `section`.
    const sections = document.startsWith('RFC') || /section/.test(after) ? sectionsIn(after) : [];
    return sections.length > 0 ? sections.map((section) => ({ document, section })) : [{ document }];
  });
}

function sectionsIn(text: string): string[] {
  return [...text.matchAll(/(\d+(?:\.\d+)*)(?: to (\d+(?:\.\d+)*))?/g)].flatMap(([, from = '', to]) => {
    if (to === undefined) return [from];
    const parent = from.includes('.') ? from.slice(0, from.lastIndexOf('.') + 1) : '';
    const [first, last] = [from, to].map((section) => Number(section.split('.').at(-1)));
    return Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, index) => `${parent}${(first ?? 0) + index}`);
  });
}

/** Whether what was shown is a part of what is claimed, or the other way round. */
export const overlap = (one: Citation, other: Citation): boolean =>
  one.document === other.document && (within(one.section, other.section) || within(other.section, one.section));

const within = (inner: string | undefined, outer: string | undefined): boolean =>
  outer === undefined || inner === outer || (inner?.startsWith(`${outer}.`) ?? false);

export function transcriptHeads(): TranscriptHead[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((file) => {
      const source = readFileSync(join(FOLDER, file), 'utf8');
      const [title = '', ...rest] = (/^(?:#.*\n)+/.exec(source)?.[0] ?? '')
        .split('\n')
        .map((line) => line.replace(/^#\s*/, '').trim());
      const cites = rest
        .filter((line) => line !== '' && !/^(any server|ours alone —|(differs|only) on:)/.test(line))
        .join(' ');
      return { file, title, cites, citations: citationsIn(cites), source };
    });
}
