import { describe, expect, it } from 'vitest';
import { antivirusOf, encryptionOf, factsOf } from './facts';

const item = (fields: object) => ({ key: JSON.stringify(fields), digest: '0123456789abcdef', ...fields });
const volumes = (states: Record<string, string>, system: readonly string[] = []) =>
  Object.entries(states).map(([volume, state]) =>
    item({ volume, state, ...(system.includes(volume) ? { system: true } : {}) }),
  );

describe('encryption', () => {
  it.each([
    ['nothing is known', undefined, 'unknown'],
    ['no volume is named', [], 'unknown'],
    ['all are on', volumes({ '/': 'on', '/home': 'on' }), 'on'],
    ['one is on', volumes({ '/': 'off', '/home': 'on' }), 'partly'],
    ['one is on, one not known', volumes({ '/': 'unknown', '/home': 'on' }), 'partly'],
    ['one is known to be off', volumes({ '/': 'off', '/home': 'unknown' }), 'off'],
    ['the system is on, data not', volumes({ '/': 'on', '/data': 'off' }, ['/']), 'on'],
    ['the system is off, data on', volumes({ '/': 'off', '/data': 'on' }, ['/']), 'off'],
    ['it is being encrypted', volumes({ '/': 'partly' }, ['/']), 'partly'],
  ])('when %s', (_, items, expected) => {
    expect(encryptionOf(items)).toBe(expected);
  });
});

describe('antivirus', () => {
  it.each([
    ['there is none', [], 'off'],
    ['one of two is on', [item({ state: 'off' }), item({ state: 'on' })], 'on'],
    ['it cannot be read', [item({ state: 'unknown' })], 'unknown'],
    ['all are off', [item({ state: 'off' })], 'off'],
  ])('when %s', (_, items, expected) => {
    expect(antivirusOf({ items })).toBe(expected);
  });
  it('is not known when the section never came, or names none and could not be read whole', () => {
    expect([antivirusOf(undefined), antivirusOf({ items: [], partial: true })]).toEqual(['unknown', 'unknown']);
    expect(antivirusOf({ items: [item({ state: 'on' })], partial: true })).toBe('on');
  });
});

describe('the last user', () => {
  const lastUser = (...items: object[]) =>
    factsOf({ 'sign-ins': { items: items.map(item), itemCount: items.length } }).lastUser;
  it('is the newest who is signed in, else who was last', () => {
    const ada = { user: 'ada', startedAt: '2026-01-01T08:00:00Z' };
    const bob = { user: 'bob', startedAt: '2026-01-02T08:00:00Z', endedAt: '2026-01-02T09:00:00Z' };
    const eve = { user: 'eve', startedAt: '2026-01-01T01:00:00Z', endedAt: '2026-01-03T09:00:00Z' };
    expect(lastUser(ada, bob, eve)).toBe('ada');
    expect(lastUser(bob, eve)).toBe('eve');
    expect(lastUser({ ...ada, user: '' })).toBeUndefined();
    expect(lastUser()).toBeUndefined();
  });
});

it('cuts what is too long for a fact, and leaves out what is empty', () => {
  const system = { items: [item({ manufacturer: `${'x'.repeat(199)}😀`, model: '' })], itemCount: 1 };
  expect(factsOf({ system })).toEqual({
    ...{ manufacturer: 'x'.repeat(199), encryption: 'unknown', antivirus: 'unknown', softwareCount: 0 },
  });
});
