import { expect, it } from 'vitest';
import { offset } from './time';

it('time zones are written as XEP-0082 has them', () => {
  expect([0, 60, -90, 345, -720].map(offset)).toEqual(['+00:00', '+01:00', '-01:30', '+05:45', '-12:00']);
});
