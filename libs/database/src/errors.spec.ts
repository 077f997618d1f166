import { AppError } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { mapDatabaseError } from './errors';

const thrown = (code: string) => mapDatabaseError(Object.assign(new Error('as the driver says'), { code }));

describe('what the driver throws', () => {
  it.each([
    ['disk full', '53100'],
    ['out of memory', '53200'],
    ['too many connections', '53300'],
    ['writing failed', '58030'],
    ['a server that only reads', '25006'],
    ['a lock that did not come', '55P03'],
    ['a statement that took too long', '57014'],
    ['a deadlock', '40P01'],
  ])('is tried again later after: %s', (_, code) => {
    expect(thrown(code)).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 2 } });
  });

  it('is the fault of the input where a value cannot be stored, and of ours otherwise', () => {
    expect(thrown('22P05')).toMatchObject({ code: 'invalid-input' });
    expect(thrown('42P01')).not.toBeInstanceOf(AppError);
  });
});
