import { withCorrelationId } from '@muster/bus';
import { AppError } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { createLog, type Log } from './log';
import { NestLogger } from './nest-logger';

function capture(level = 'info'): { log: Log; lines: () => Array<Record<string, unknown>>; text: () => string } {
  let text = '';
  const log = createLog('web', level, { write: (line) => void (text += line) });
  const lines = () =>
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, text: () => text };
}

describe('the log', () => {
  it('writes JSON lines with the fields that every service has', () => {
    const { log, lines } = capture();
    withCorrelationId('correlation-1', () => log.child({ part: 'sync' }).info({ deviceId: 'd' }, 'Synchronised.'));
    log.debug({}, 'below the level');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        service: 'web',
        pid: process.pid,
        part: 'sync',
        correlationId: 'correlation-1',
        deviceId: 'd',
        message: 'Synchronised.',
      },
    ]);
  });

  it.each([
    ['a field', { password: 'hunter2' }],
    ['a field of a field', { body: { credential: 'hunter2' } }],
    ['headers', { request: { headers: { authorization: 'hunter2', cookie: 'hunter2' } } }],
  ])('keeps secrets out: %s', (_name, fields) => {
    const { log, text } = capture();
    log.info(fields, 'Something.');
    expect(text()).toContain('[secret]');
    expect(text()).not.toContain('hunter2');
  });

  it('keeps out what a driver hangs on its errors, and follows causes', () => {
    const driverError = Object.assign(new Error('duplicate key'), {
      code: '23505',
      constraint: 'user_email',
      detail: 'hunter2',
    });
    const failed = Object.assign(new Error('duplicate key'), { driverError, parameters: ['hunter2'], query: 'INSERT' });
    const { log, lines, text } = capture();
    log.error({ err: new AppError('unavailable', 'Not now.', { cause: failed }) }, 'Failed.');
    expect(text()).not.toContain('hunter2');
    expect(lines()[0]).toMatchObject({
      err: { type: 'AppError', code: 'unavailable', cause: { code: '23505', constraint: 'user_email' } },
    });
  });

  it("takes Nest's messages, objects as fields", () => {
    const { log, lines } = capture('debug');
    const nest = new NestLogger(log);
    nest.log('Nest application successfully started', 'NestApplication');
    nest.warn({ message: 'outbox waits', error: 'away' }, 'Bus');
    nest.error(new Error('broken'), undefined, 'Injector');
    expect(lines()).toMatchObject([
      { level: 'debug', context: 'NestApplication', message: 'Nest application successfully started' },
      { level: 'warn', context: 'Bus', error: 'away', message: 'outbox waits' },
      { level: 'error', context: 'Injector', err: { message: 'broken' } },
    ]);
  });
});
