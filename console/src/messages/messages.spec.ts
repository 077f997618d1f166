import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as contracts from '@muster/contracts';
import { createIntl } from 'react-intl';
import { describe, expect, it } from 'vitest';
import { ENGLISH, LANGUAGES } from './languages';

const { AGENT_ACTIONS, LANGUAGES: SCRIPT_LANGUAGES, OPERATION_STATES, PERMISSIONS, PRESENCES, ROLES } = contracts;

/** What the audit log calls the facts that it takes up, their subjects without the version; of one it keeps a device's name alone. */
const ACTIONS = (Object.values(contracts) as Partial<contracts.BusEvent>[])
  .filter(({ kind, consumers }) => kind === 'event' && consumers?.includes('audit-logs'))
  .filter(({ payload }) => payload?.prototype instanceof contracts.ActionFact && payload !== contracts.DeviceDescribed)
  .map(({ subject = '' }) => subject.replace(/\.v\d+$/, ''));

const SOURCES = join(import.meta.dirname, '..');
const ids = Object.keys(ENGLISH);

const code = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.spec.ts'))
  .map((name) => readFileSync(join(SOURCES, name), 'utf8'))
  .join('\n');

/** Ids that are written out, and patterns of those that are put together: `presence.${presence}`. */
const written = new Set([...code.matchAll(/'([A-Za-z][\w-]*(?:\.[\w-]+)+)'/g)].map((match) => match[1] ?? ''));
const composed = [...code.matchAll(/\bt\(\s*(?:[^()`']*\?\s*)?`([A-Za-z]+\.[^`]*)`/g)].map((match) => match[1] ?? '');
const patterns = composed.map(
  (template) =>
    new RegExp(
      `^${template
        .split(/\$\{[^}]*\}/)
        .map((part) => part.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&'))
        .join('[\\w.-]+')}$`,
    ),
);

describe('messages', () => {
  it('are all used', () => {
    expect(patterns.length).toBeGreaterThan(10);
    const unused = ids.filter((id) => !written.has(id) && !patterns.some((pattern) => pattern.test(id)));
    expect(unused).toEqual([]);
  });

  it('are there for every id that the code writes out', () => {
    const sections = new Set(ids.map((id) => id.split('.')[0]));
    const asked = [...code.matchAll(/\bt\(\s*'([^']+)'/g), ...code.matchAll(/\? '([A-Za-z]+\.[\w.]+)' : '/g)];
    const named = [...code.matchAll(/label: '([A-Za-z]+\.[\w.]+)'/g)];
    const missing = [...asked, ...named]
      .map((match) => match[1] ?? '')
      .filter((id) => sections.has(id.split('.')[0]) || !id.includes('.'))
      .filter((id) => !ids.includes(id));
    expect(missing).toEqual([]);
  });

  it.each([
    ['presence', PRESENCES],
    ['states', OPERATION_STATES],
    ['permissions', PERMISSIONS],
    ['roles', ROLES],
    ['languages', SCRIPT_LANGUAGES],
    ['audit.action', [...AGENT_ACTIONS, ...ACTIONS]],
  ] as const)('name everything that the contracts list under "%s"', (section, values) => {
    expect(values.filter((value) => !ids.includes(`${section}.${value}`))).toEqual([]);
  });

  it.each(LANGUAGES.map(({ tag, load }) => [tag, load] as const))(
    'of %s are complete and well formed',
    async (tag, load) => {
      const messages = await load();
      expect(Object.keys(messages).sort()).toEqual([...ids].sort());
      const faults: string[] = [];
      const intl = createIntl({ locale: tag, messages, onError: (error) => faults.push(error.message) });
      for (const [id, message] of Object.entries(messages)) {
        const names = [...message.matchAll(/\{(\w+)/g)].map((match) => match[1] ?? '');
        intl.formatMessage({ id }, Object.fromEntries(names.map((name) => [name, 1])));
      }
      expect(faults).toEqual([]);
    },
  );

  it('do not speak American', () => {
    const american = /\b(organiz|color|center|behavior|enroll(?!ed|ing|ment)|cancel(?:ed|ing)|license[sd]?\b|fulfill)/i;
    expect(Object.values(ENGLISH).filter((message) => american.test(message))).toEqual([]);
  });
});
