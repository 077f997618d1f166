import { expect, it } from 'vitest';
import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { constant } from './constant';
import { element } from './element';
import { escapeAttribute, escapeText, serialise } from './serialise';

const EXPECTED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

it('escapes what XML needs escaped, and nothing else', () => {
  const wrong: string[] = [];
  for (let code = 0; code < 0x1_0100; code++) {
    const character = String.fromCodePoint(code);
    const isSpace = '\t\n\r'.includes(character);
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    const cannotBe = (code < 0x20 && !isSpace) || isHalf || code === 0xfffe || code === 0xffff;
    const expected = cannotBe ? '\ufffd' : (EXPECTED[character] ?? character);
    const inAttribute = isSpace ? `&#${code};` : expected;
    if (escapeText(`a${character}b`) !== `a${expected}b`) wrong.push(`text U+${code.toString(16)}`);
    if (escapeAttribute(`a${character}b`) !== `a${inAttribute}b`) wrong.push(`attribute U+${code.toString(16)}`);
  }
  expect(wrong).toEqual([]);
});

it('writes what is always the same as it would write it anew', () => {
  const child = element('a', 'urn:a', { b: '<', 'xml:lang': 'en', '{urn:f}f': '1' }, element('c', 'urn:c', {}, '"'));
  const parent = (inner = child): string => serialise(element('features', STREAM_NS, {}, inner), CLIENT_NS);
  expect(parent(constant(child))).toBe(parent());
  expect(constant(child)).toMatchObject({ name: 'a', namespace: 'urn:a', children: child.children });
});
