import { expect, it } from 'vitest';
import { columnsOf, columnsText, STANDARD_COLUMNS } from './device-columns';

it('columns in the address are in their own order, known ones only, and never none', () => {
  expect(columnsOf(undefined)).toEqual(STANDARD_COLUMNS);
  expect(columnsOf('agent.encryption.password.presence')).toEqual(['presence', 'encryption', 'agent']);
  expect(columnsOf('nothing')).toEqual(STANDARD_COLUMNS);
});

it('an address says nothing of columns that are the standard ones', () => {
  expect(columnsText([...STANDARD_COLUMNS].reverse())).toBeUndefined();
  expect(columnsText([])).toBeUndefined();
  expect(columnsText(['model', 'presence'])).toBe('presence.model');
});
