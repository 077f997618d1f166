import { LogReport, parse } from '@muster/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { RecordedLog } from '../testing/recorded-log';
import { LogReporter } from './log-reporter';

let local: RecordedLog;
let kept: LogReport[];
let now: number;
let log: LogReporter;
const spool = {
  append: <R extends { kind: string; takenAt: string }>(report: R): number => {
    const numbered = { ...report, sequence: kept.length + 1 };
    return kept.push(parse(LogReport, JSON.parse(JSON.stringify(numbered)), { unknown: 'refuse' }));
  },
};
beforeEach(() => {
  local = new RecordedLog();
  kept = [];
  now = 0;
  log = new LogReporter(local, { level: 'info', secrets: ['registration-key-1'], now: () => now });
  log.attach(spool);
});
const fieldsOf = (line: LogReport | undefined): Record<string, unknown> =>
  JSON.parse(line?.fields ?? '{}') as Record<string, unknown>;

describe('a log that is reported', () => {
  it('goes to the local log and to the spool', () => {
    log.warn('sync failed', { why: 'nobody there', count: 3, ok: false });
    expect(local.lines).toEqual([
      { level: 'warn', event: 'sync failed', fields: { why: 'nobody there', count: 3, ok: false } },
    ]);
    expect(kept).toMatchObject([{ level: 'warn', message: 'sync failed' }]);
    expect(fieldsOf(kept[0])).toEqual({ why: 'nobody there', count: 3, ok: false });
  });

  it('keeps lines below its level on the device', () => {
    const quiet = new LogReporter(local, { level: 'warn', secrets: [] });
    quiet.attach(spool);
    quiet.info('a');
    quiet.error('b');
    expect(kept.map(({ message }) => message)).toEqual(['b']);
    expect(local.events).toEqual(['a', 'b']);
  });

  it('counts repetitions and says how many there were', () => {
    for (let second = 0; second < 150; second++) {
      now = second * 1000;
      log.warn('sync failed', { why: 'nobody there', retryInMs: second });
    }
    now += 120_000;
    log.summarise();
    expect(kept.map((line) => fieldsOf(line)['repeated'] ?? 0)).toEqual([0, 59, 59, 29]);
    log.summarise();
    expect(kept).toHaveLength(4);
  });

  it('does not take different lines for repetitions', () => {
    for (const operationId of ['a', 'b', 'a']) log.info('operation started', { operationId });
    expect(kept).toHaveLength(2);
  });

  it('lets a burst through, then a few a minute, and counts the rest', () => {
    for (let line = 0; line < 5000; line++) log.info(`line ${line}`);
    expect(kept).toHaveLength(100);
    now += 60_000;
    log.summarise();
    expect(fieldsOf(kept.at(-1))).toEqual({ dropped: 4900 });
    for (let line = 0; line < 5000; line++) log.info(`more ${line}`);
    expect(kept.length).toBeLessThanOrEqual(110);
    expect(local.lines).toHaveLength(10_000);
  });

  it('carries no secret', () => {
    log.error('failed', {
      why: 'key registration-key-1 refused',
      registrationKey: 'x',
      password: 'hunter2',
      apiToken: 'abc',
      dump: '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----',
      cut: '-----BEGIN EC PRIVATE KEY-----\nMIGH',
      nested: { key: 'registration-key-1' },
    });
    const text = JSON.stringify(kept);
    for (const secret of ['registration-key-1', 'hunter2', 'abc"', 'MIGH', '"x"']) expect(text).not.toContain(secret);
    expect(fieldsOf(kept[0])['why']).toBe('key … refused');
  });

  it('makes any line one that the server takes', () => {
    log.info('nul \u0000 lone \ud800', { ['na\u0000me']: 'va\ud800lue'.padEnd(100_000, 'x'), nothing: undefined });
    log.info(
      'x'.repeat(100_000),
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`n${n}`, 'y'.repeat(2000)])),
    );
    log.info('');
    expect(kept.map(({ message }) => message.length)).toEqual([12, 8192, 7]);
    expect(kept[0]?.fields).toContain('va\ufffdlue');
    expect(fieldsOf(kept[1])).toEqual({ cut: expect.any(Number) });
  });

  it('reports the first lines that came before there was a spool', () => {
    const early = new LogReporter(local, { level: 'info', secrets: [] });
    for (let line = 0; line < 150; line++) early.info(`early ${line}`);
    early.attach(spool);
    expect(kept).toHaveLength(100);
    expect(kept[0]?.message).toBe('early 0');
  });
});
