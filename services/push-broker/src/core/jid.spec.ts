import { expect, it } from 'vitest';
import { Jid } from './jid';

it('brings addresses into one form (RFC 7622)', () => {
  expect(String(Jid.parse('Juliet@Example.COM./Balcony'))).toBe('juliet@example.com/Balcony');
  expect(String(Jid.parse('example.com'))).toBe('example.com');
  expect(String(Jid.parse('a@b/c@d/e'))).toBe('a@b/c@d/e');
  expect(String(Jid.parse('e\u0301@x.test'))).toBe('\u00e9@x.test');
  expect(Jid.parse('a@b/c')?.bare).toBe('a@b');
  expect(String(Jid.parse('x@[2001:db8::1]'))).toBe('x@[2001:db8::1]');
});

it('refuses what is no address', () => {
  const wrong = [
    '',
    '@',
    '@b',
    'a@',
    'a@b/',
    '/c',
    'a b@c',
    'a&b@c',
    'a"b@c',
    'a:b@c',
    'a@b c',
    'a@-b',
    'a@b..c',
    'a\u0000@b',
  ];
  for (const text of wrong) expect(Jid.parse(text), JSON.stringify(text)).toBeUndefined();
  expect(Jid.parse(`${'a'.repeat(1024)}@b`)).toBeUndefined();
  expect(Jid.parse(`a@b/${'ü'.repeat(512)}`)).toBeUndefined();
  expect(Jid.parse('a@b/\u0007')).toBeUndefined();
});
