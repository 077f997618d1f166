import type { LogEntry } from '@muster/contracts';
import { expect, it } from 'vitest';
import { accepts, fieldsOf, textOf } from './log-filter';

const entry: LogEntry = {
  id: '1',
  deviceId: 'd',
  at: '2026-11-21T12:00:00.000Z',
  level: 'warn',
  message: 'Certificate expires soon',
  fields: '{"days":3,"Subject":"CN=<b>x</b>","more":{"a":[1]}}',
};

it.each([
  [{}, true],
  [{ level: 'warn' }, true],
  [{ level: 'debug' }, true],
  [{ level: 'error' }, false],
  [{ search: 'CERTIFICATE' }, true],
  [{ search: 'cn=<b>' }, true],
  [{ search: 'nothing of it' }, false],
  [{ from: '2026-11-21T12:00:00.001Z' }, false],
  [{ to: '2026-11-21T12:00:00.000Z' }, true],
  [{ to: '2026-11-21T11:59:59.999Z' }, false],
  [{ deviceId: 'other' }, false],
] as const)('a live line is filtered as the server filters: %j', (filter, taken) => {
  expect(accepts(filter, entry)).toBe(taken);
});

it('fields of a line are names and values; what is no object stays text', () => {
  expect(fieldsOf(entry.fields ?? '')).toEqual([
    ['days', '3'],
    ['Subject', 'CN=<b>x</b>'],
    ['more', '{\n  "a": [\n    1\n  ]\n}'],
  ]);
  for (const text of ['', 'null', '[1]', '"text"', '{"cut": "of', '7']) expect(fieldsOf(text)).toBeUndefined();
});

it('copied lines have time, level, message and fields', () => {
  expect(textOf([entry, { ...entry, fields: undefined }])).toBe(
    `2026-11-21T12:00:00.000Z WARN  Certificate expires soon ${entry.fields}\n2026-11-21T12:00:00.000Z WARN  Certificate expires soon`,
  );
});
