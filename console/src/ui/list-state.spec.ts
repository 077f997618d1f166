import { describe, expect, it } from 'vitest';
import { deviceQuery } from '../devices/use-device-list';
import { patched, readPaging } from './list-state';

const after = (now: string, patch: Parameters<typeof patched>[1]) =>
  patched(new URLSearchParams(now), patch).toString();

describe('the address of a list', () => {
  it('starts at the first page when a filter changes', () => {
    expect(after('page=3&presence=online', { presence: 'offline' })).toBe('presence=offline');
    expect(after('presence=online', { page: 2 })).toBe('presence=online&page=2');
  });

  it('says nothing that goes without saying', () => {
    expect(after('page=3&search=x&attention=true', { page: 1, search: '', attention: false, size: 50 })).toBe('');
  });

  it('may have been typed by anybody', () => {
    expect(readPaging(new URLSearchParams('page=-1&size=7'))).toEqual({ page: 1, size: 50 });
    expect(readPaging(new URLSearchParams('page=2.5&size=all'))).toEqual({ page: 1, size: 50 });
    expect(readPaging(new URLSearchParams('page=12&size=200'))).toEqual({ page: 12, size: 200 });
    const given = new Map([
      ['sort', 'password'],
      ['direction', 'up'],
      ['presence', 'asleep'],
      ['group', 'x'],
    ]);
    expect(deviceQuery({ page: 1, size: 50, get: (name) => given.get(name) })).toMatchObject({
      sort: 'name',
      direction: 'ascending',
      presence: undefined,
      groupId: undefined,
    });
  });
});
