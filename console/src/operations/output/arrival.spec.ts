import { expect, it } from 'vitest';
import { isIncomplete, LOOKS } from './arrival';

const held = (next: number, change: { loaded?: boolean; truncated?: boolean } = {}) => ({
  loaded: true,
  truncated: false,
  ...change,
  buffer: { next },
});

it('knows what is still on its way from what the device says it printed', () => {
  expect(isIncomplete(held(2), 3)).toBe(true);
  expect(isIncomplete(held(3), 3)).toBe(false);
  expect(isIncomplete(held(0), 0)).toBe(false);
});

it('does not wait for what nobody announced, was not read yet or was dropped by the server', () => {
  expect(isIncomplete(held(2), undefined)).toBe(false);
  expect(isIncomplete(held(0, { loaded: false }), 3)).toBe(false);
  expect(isIncomplete(held(2, { truncated: true }), 3)).toBe(false);
});

it('looks more and more seldom, and for ten minutes', () => {
  expect([...LOOKS].sort((a, b) => a - b)).toEqual(LOOKS);
  expect(LOOKS.reduce((sum, pause) => sum + pause, 0)).toBe(600_000);
});
