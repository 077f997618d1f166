import { expect, it } from 'vitest';
import { Jid } from './jid';

it('brings addresses into one form', () => {
  expect(String(Jid.parse('Juliet@Example.COM./Balcony'))).toBe('juliet@example.com/Balcony');
  expect(String(Jid.parse('example.com'))).toBe('example.com');
  expect(String(Jid.parse('a@b/c@d/e'))).toBe('a@b/c@d/e');
  expect(String(Jid.parse('e\u0301@x.test'))).toBe('\u00e9@x.test');
  expect(Jid.parse('a@b/c')?.bare).toBe('a@b');
  expect(String(Jid.parse('x@[2001:db8::1]'))).toBe('x@[2001:db8::1]');
});

it('takes the examples of RFC 7622, section 3.5', () => {
  for (const text of [
    'juliet@example.com',
    'juliet@example.com/foo',
    'juliet@example.com/foo bar',
    'juliet@example.com/foo@bar',
    String.raw`foo\20bar@example.com`,
    'fussball@example.com',
    'fußball@example.com',
    'π@example.com',
    'σ@example.com/foo',
    'ς@example.com/foo',
    'king@example.com/♚',
    'example.com',
    'example.com/foobar',
    'a.example.com/b@example.net',
  ])
    expect(String(Jid.parse(text))).toBe(text);
  expect(String(Jid.parse('Σ@example.com/foo'))).toBe('σ@example.com/foo');
  for (const text of [
    '"juliet"@example.com',
    'foo bar@example.com',
    'juliet@example.com/ foo',
    '@example.com/',
    'henryⅣ@example.com',
    '♚@example.com',
    'juliet@',
    '/foobar',
  ])
    expect(Jid.parse(text), text).toBeUndefined();
});

it('knows a domain by its Unicode form', () => {
  for (const text of ['xn--bcher-kva.example', 'BÜCHER.example', 'bu\u0308cher。example'])
    expect(String(Jid.parse(text)), text).toBe('bücher.example');
  expect(String(Jid.parse('straße.example'))).toBe('straße.example');
  expect(String(Jid.parse('xn--4dbrk0ce.example'))).toBe('ישראל.example');
  for (const text of [
    'xn--a',
    'ü-.test',
    '-ü.test',
    'ü_b.test',
    'ü b.test',
    '\u0308a.test',
    'אa.test',
    '☃.test',
    'ü..test',
  ])
    expect(Jid.parse(text), text).toBeUndefined();
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
    '：@c',
    'a@b c',
    'a@-b',
    'a@b-',
    'a@b..c',
    'a\u0000@b',
  ];
  for (const text of wrong) expect(Jid.parse(text), JSON.stringify(text)).toBeUndefined();
  expect(Jid.parse(`${'a'.repeat(1024)}@b`)).toBeUndefined();
  expect(Jid.parse(`a@b/${'ü'.repeat(512)}`)).toBeUndefined();
  expect(Jid.parse('a@b/\u0007')).toBeUndefined();
});
