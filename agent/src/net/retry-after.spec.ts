import { expect, it } from 'vitest';
import { retryAfterSeconds } from './retry-after';

const NOON = 'Sat, 21 Nov 2026 12:00:00 GMT';
const LATER = 'Sat, 21 Nov 2026 12:01:30 GMT';
const now = Date.parse(NOON);

it.each([
  ['seconds', { 'retry-after': '7' }, 7],
  ['a date, by the clock of the server', { 'retry-after': LATER, date: NOON }, 90],
  [
    'a date, however wrong the own clock is',
    { 'retry-after': LATER.replace('2026', '1999'), date: NOON.replace('2026', '1999') },
    90,
  ],
  ['a date from a server that tells no time', { 'retry-after': LATER }, 90],
  ['a date in one of the obsolete forms', { 'retry-after': 'Saturday, 21-Nov-26 12:01:30 GMT', date: NOON }, 90],
  ['a date that is over', { 'retry-after': NOON, date: LATER }, undefined],
  ['now', { 'retry-after': '0' }, undefined],
  ['nothing', {}, undefined],
  ['nonsense', { 'retry-after': 'soon', date: NOON }, undefined],
  ['a negative number', { 'retry-after': '-5' }, undefined],
  ['more than a number holds', { 'retry-after': '9'.repeat(400) }, undefined],
])('understands %s', (_, headers, seconds) => {
  expect(retryAfterSeconds(headers, now)).toBe(seconds);
});
