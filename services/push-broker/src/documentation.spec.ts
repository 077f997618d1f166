import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STANZA_ERROR_NS, STREAM_ERROR_NS } from './core/namespaces';
import { citationsIn, overlap, transcriptHeads } from './testing/citations';
import { TestServer } from './testing/test-broker';

/** Written by `npx vitest run -u --project push-broker documentation`, but for what stands outside of the markers. */
const PAGE = join(import.meta.dirname, '../../../docs/xmpp.md');
const HERE = '../services/push-broker/src';

const page = readFileSync(PAGE, 'utf8');
const transcripts = transcriptHeads();
const { features } = new TestServer().server;
const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('testing/'))
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));

/** Conditions that no client can bring about, and what shows them instead. */
const SHOWN_ELSEWHERE: Record<string, string> = {
  'internal-server-error': 'core/stream.spec.ts',
};

const link = (file: string): string => `[${file}](${HERE}/testing/transcripts/${file})`;
const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const showing = (specification: string): string[] => {
  const claimed = citationsIn(specification);
  return transcripts
    .filter(({ citations }) => citations.some((cited) => claimed.some((claim) => overlap(cited, claim))))
    .map(({ file }) => file);
};

/** Conditions that the code answers with, and the transcripts in which it does. */
function conditions(error: 'StreamError' | 'StanzaError', namespace: string): [string, string[]][] {
  const thrown = new RegExp(`new ${error}\\(\\s*(?:[\\w.]+ \\? )?'([a-z-]+)'(?: : '([a-z-]+)')?`, 'g');
  const used = new Set(sources.flatMap((source) => [...source.matchAll(thrown)].flatMap(([, ...names]) => names)));
  return [...used]
    .filter((name) => name !== undefined)
    .sort()
    .map((name) => [
      name,
      transcripts.filter(({ source }) => source.includes(`<${name} xmlns='${namespace}'`)).map(({ file }) => file),
    ]);
}
const errors = (kind: 'StreamError' | 'StanzaError', namespace: string): string =>
  table(
    ['condition', 'shown by'],
    conditions(kind, namespace).map(([name, files]) => {
      const elsewhere = SHOWN_ELSEWHERE[name];
      const shown = files.map(link);
      if (elsewhere) shown.push(`[${elsewhere}](${HERE}/${elsewhere})`);
      return [`\`${name}\``, shown.join(', ')];
    }),
  );

const SECTIONS: Record<string, () => string> = {
  features: () =>
    table(
      ['feature', 'specification', 'shown by'],
      features.map(({ name, specification }) => [
        `\`${name}\``,
        specification,
        showing(specification).map(link).join(', '),
      ]),
    ),
  'stream errors': () => errors('StreamError', STREAM_ERROR_NS),
  'stanza errors': () => errors('StanzaError', STANZA_ERROR_NS),
  transcripts: () =>
    table(
      ['transcript', 'what it shows', 'specifications'],
      transcripts.map(({ file, title, cites }) => [link(file), title, cites]),
    ),
};

const generated = (): string =>
  page.replace(
    /(<!-- generated: ([a-z ]+) -->\n\n<!-- prettier-ignore -->\n)[\s\S]*?(\n\n<!-- end -->)/g,
    (_whole, begin: string, name: string, end: string) => `${begin}${SECTIONS[name]?.() ?? ''}${end}`,
  );

describe('docs/xmpp.md', () => {
  it('has all tables', () => {
    const text = generated();
    for (const [name, rows] of Object.entries(SECTIONS)) expect(text, name).toContain(rows());
  });

  it('is what features and transcripts say', () => expect(generated()).toMatchFileSnapshot(PAGE));

  it('names no transcript or file that is not there', () => {
    const named = [...page.matchAll(/\]\(\.\.\/services\/push-broker\/src\/([^)#]+)\)/g)].map(([, file = '']) => file);
    expect(named.length).toBeGreaterThan(50);
    for (const file of new Set(named)) expect(() => readFileSync(join(import.meta.dirname, file)), file).not.toThrow();
  });
});

it('a transcript shows each feature, by each of its specifications', () => {
  const shown = transcripts.flatMap(({ citations }) => citations);
  const unseen = features.flatMap(({ name, specification }) =>
    citationsIn(specification)
      .filter((claimed) => !shown.some((cited) => overlap(cited, claimed)))
      .map(({ document, section = '' }) => `${name}: ${document} ${section}`),
  );
  expect(features.length).toBeGreaterThan(15);
  expect(unseen).toEqual([]);
});

it('a transcript says which specification it shows', () =>
  expect(transcripts.filter(({ citations }) => citations.length === 0).map(({ file }) => file)).toEqual([]));

it('a transcript shows each error that the server answers with', () => {
  const all = [...conditions('StreamError', STREAM_ERROR_NS), ...conditions('StanzaError', STANZA_ERROR_NS)];
  expect(all.length).toBeGreaterThan(20);
  const unseen = all.filter(([name, files]) => files.length === 0 && SHOWN_ELSEWHERE[name] === undefined);
  expect(unseen.map(([name]) => name)).toEqual([]);
});

it('citations are read as people write them', () => {
  const read = (text: string): string[] => citationsIn(text).map(({ document, section }) => `${document}/${section}`);
  expect(read('RFC 6120 4.7, 4.9.3 (errors, 9.9); XEP-0198 sections 3 to 5, 8')).toEqual([
    'RFC 6120/4.7',
    'RFC 6120/4.9.3',
    'XEP-0198/3',
    'XEP-0198/4',
    'XEP-0198/5',
    'XEP-0198/8',
  ]);
  expect(read('XEP-0199 2.0.1, XEP-0178: EXTERNAL has no challenge')).toEqual([
    'XEP-0199/undefined',
    'XEP-0178/undefined',
  ]);
  expect(read('RFC 6120 5.4.1 to 5.4.3')).toEqual(['RFC 6120/5.4.1', 'RFC 6120/5.4.2', 'RFC 6120/5.4.3']);
});
