import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allCatalogues, type Message } from './checks/finding';
import { EXIT, EXIT_MEANINGS } from './core/exit-codes';
import { allVerbs, type OptionSpec } from './core/verb';
import { itsmNames, namesOf } from './setup/plan';
import { neededPorts } from './setup/ground';
import './verbs';

const docs = join(import.meta.dirname, '../../docs/system-administration');
const read = (page: string): string => readFileSync(join(docs, page), 'utf8');
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'));
/** Names in braces stand for what differs from case to case. */
const words = (text: string): string => cell(text).replaceAll(/\{(\w+)\}/g, '_$1_');

const row = ([code, { verdict, sentence, remedy }]: [string, Message]): string =>
  `| \`${code}\` | ${verdict} | ${words(sentence)} | ${words(remedy)} |`;

function messagesPage(): string {
  const sections = [...allCatalogues()]
    .sort((one, other) => one.check.localeCompare(other.check))
    .map(({ check, about, messages }) =>
      [
        `## ${check}`,
        '',
        about,
        '',
        '<!-- prettier-ignore -->',
        '| code | | what doctor says | what to do |',
        '| --- | --- | --- | --- |',
        ...Object.entries(messages).map(row),
      ].join('\n'),
    );
  return [
    '# What `muster doctor` says',
    '',
    'Each finding that is not well ends in a code in brackets. This page is made of the code of the checks',
    '(`npx vitest run -u --project cli documentation`); words in italics are names and numbers of your case. `muster setup` makes the',
    'checks of the ground, which are among them, before it changes anything.',
    '',
    `${sections.join('\n\n')}\n`,
  ].join('\n');
}

function commandPage(): string {
  const option = ([name, spec]: [string, OptionSpec]): string =>
    `| \`--${name}${spec.type === 'flag' ? '' : ` ${cell(spec.value)}`}\` | ${cell(spec.about)} |`;
  const verbs = allVerbs().map((verb) => {
    const options = Object.entries<OptionSpec>(verb.options);
    return [
      `## ${verb.name}`,
      '',
      `\`muster ${[verb.name, ...(verb.arguments ?? [])].join(' ')}\``,
      '',
      verb.summary,
      ...(verb.remarks ? ['', '```', ...verb.remarks, '```'] : []),
      ...(options.length > 0
        ? ['', '<!-- prettier-ignore -->', '| option | meaning |', '| --- | --- |', ...options.map(option)]
        : []),
    ].join('\n');
  });
  const codes = (Object.entries(EXIT) as [keyof typeof EXIT, number][]).map(
    ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name]} |`,
  );
  return [
    '# The command `muster`',
    '',
    'Every verb knows `--help` and `--json`: then the result is JSON on standard output. Progress and errors go to standard error. Colours',
    'appear on a terminal only, and not with `NO_COLOR`. This page is made of the code (`npx vitest run -u --project cli documentation`).',
    '',
    '<!-- prettier-ignore -->',
    '| exit code | meaning |',
    '| --- | --- |',
    ...codes,
    '',
    `${verbs.join('\n\n')}\n`,
  ].join('\n');
}

describe('the documentation', () => {
  it('explains every message of every check', () =>
    expect(messagesPage()).toMatchFileSnapshot(join(docs, 'doctor-messages.md')));

  it('explains every verb, option and exit code', () =>
    expect(commandPage()).toMatchFileSnapshot(join(docs, 'muster.md')));

  it('has a sentence and a remedy for each, that end as sentences do', () => {
    for (const { check, messages } of allCatalogues())
      for (const [code, { sentence, remedy }] of Object.entries(messages)) {
        expect(sentence, `${check} ${code}`).toMatch(/^[A-Z{A-z].*[.}]$/);
        expect(remedy, `${check} ${code}`).toMatch(/\.$/);
      }
  });

  it('helps with everything that setup and doctor say', () => {
    const page = read('troubleshooting.md');
    const families = [...page.matchAll(/`([a-z]+-)…`/g)].map(([, start = '']) => start);
    const codes = allCatalogues()
      .filter(({ check }) => check !== 'upgrade') // upgrade.md has those
      .flatMap(({ messages }) => Object.keys(messages));
    const missing = codes.filter(
      (code) => !page.includes(`\`${code}\``) && !families.some((one) => code.startsWith(one)),
    );
    expect(missing).toEqual([]);
  });

  it('lists every name that the certificate must carry, and every port that setup wants free', () => {
    const page = read('names-and-firewall.md');
    const names = namesOf({
      ...{ domain: 'itsm.company.local', addresses: [], xmppAddresses: [], turn: true, version: '1' },
    });
    for (const name of [...itsmNames(names), names.xmpp]) {
      const told = name
        .replace('.company.local', name.startsWith('itsm') ? '' : '.<base>')
        .replace(/^itsm$/, '<ITSM_DOMAIN>');
      expect(page, name).toContain(`\`${told}\``);
    }
    for (const server of ['itsm', 'xmpp'] as const) {
      const ground = { server, turn: true, variables: {} };
      for (const { port, protocol } of neededPorts(ground)) expect(page).toMatch(new RegExp(`\\| ${port} ${protocol}`));
    }
  });
});
