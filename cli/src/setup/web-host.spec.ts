import { describe, expect, it } from 'vitest';
import { expectedNames } from './ground';
import { itsmNames, namesOf } from './plan';

const names = (addresses: string[] = []) =>
  namesOf({ domain: 'console.company.test', addresses, xmppAddresses: [], turn: false, version: '1.0.0' });
const INSIDE = 'inside.company.test';

describe('a name of its own for devices', () => {
  it('is one that the certificate must carry', () => {
    const without = itsmNames(names());
    expect(itsmNames(names(), INSIDE).filter((name) => !without.includes(name))).toEqual([INSIDE]);
    for (const none of ['', 'console.company.test']) expect(itsmNames(names(), none)).toEqual(without);
  });

  it.each(['itsm', 'xmpp'] as const)(
    'is looked up on the %s server, and needed where no address is known',
    (server) => {
      const found = (addresses: string[]) =>
        expectedNames(names(addresses), server, INSIDE).filter(({ name }) => name === INSIDE);
      expect(found([])).toEqual([{ name: INSIDE, addresses: [], needed: true }]);
      expect(found(['192.0.2.10'])).toEqual([{ name: INSIDE, addresses: ['192.0.2.10'], needed: false }]);
      expect(expectedNames(names(), server)).toEqual(expectedNames(names(), server, 'console.company.test'));
    },
  );
});
