import { describe, expect, it } from 'vitest';
import { obeysBidiRule, opaqueString, username } from './precis';

describe('UsernameCaseMapped', () => {
  it('takes the examples of RFC 8265, section 3.5', () => {
    for (const name of ['juliet@example.com', 'fussball', 'fußball', 'π', 'σ', 'ς']) expect(username(name)).toBe(name);
    expect(username('Σ')).toBe('σ');
    for (const name of ['foo bar', '', 'henryⅣ', '♚']) expect(username(name), name).toBeUndefined();
  });

  it('maps width, case and composition to one form', () => {
    expect(username('Ｊｕｌｉｅｔ')).toBe('juliet');
    expect(username('ｶﾞ')).toBe('ガ');
    expect(username('E\u0301')).toBe('é');
    expect(username('ΑΣ')).toBe('ασ');
    expect(username('İ')).toBe(username('i̇'));
  });

  it('refuses what is unassigned, invisible, compatible with something else, or taken apart', () => {
    for (const code of [0x0378, 0x00ad, 0x200b, 0x202e, 0xfeff, 0xfb01, 0x212b, 0x1100, 0x0640, 0xe0001, 0x1f600, 0xa0])
      expect(username(`a${String.fromCodePoint(code)}`), code.toString(16)).toBeUndefined();
    expect(username('a\ud800')).toBeUndefined();
  });

  it('follows the rules of context (RFC 5892, appendix A)', () => {
    const right = ['l·l', '͵α', 'א׳', 'א״א', 'カ・カ', '・あ', 'ا٠١', 'ا۰۱', 'क्\u200cष', 'क्\u200dष', 'بي\u200cبي'];
    const wrong = ['a·l', 'l·', '͵a', '׳א', 'a・b', 'ا٠۱', 'a\u200cb', 'क\u200dष', 'بي\u200c', '\u200cب'];
    for (const name of right) expect(username(name), name).toBe(name);
    for (const name of wrong) expect(username(name), name).toBeUndefined();
  });

  it('is stable', () => {
    for (const name of ['Ǆ', 'ΐ', 'ẞ', 'Ω', 'Ⴀ', 'ﾊﾟ']) {
      const once = username(name);
      expect(once === undefined ? undefined : username(once), name).toBe(once);
    }
  });
});

it('the bidi rule is that of RFC 5893, section 2', () => {
  const right = ['abc', '123', 'אבג', 'אב1', 'א-1', 'אבָ', 'ا1', 'ا٣', '2ab'];
  const wrong = ['אa', 'aא', '1א', 'א-', '٣', 'ا1٣', '-א', 'אa1'];
  for (const text of right) expect(obeysBidiRule(text), text).toBe(true);
  for (const text of wrong) expect(obeysBidiRule(text), text).toBe(false);
});

describe('OpaqueString', () => {
  it('takes the examples of RFC 8265, section 4.3', () => {
    const same = ['correct horse battery staple', 'Correct Horse Battery Staple', 'πßå', 'Jack of ♦s'];
    for (const text of same) expect(opaqueString(text)).toBe(text);
    expect(opaqueString('foo\u1680bar')).toBe('foo bar');
    for (const text of ['', 'my cat is a \tby']) expect(opaqueString(text)).toBeUndefined();
  });

  it('keeps width, case and ligatures, and composes', () => {
    for (const text of ['Ａ', 'ﬁ', 'Ⅳ', 'אa']) expect(opaqueString(text)).toBe(text);
    expect(opaqueString('e\u0301')).toBe('é');
    for (const text of ['\u200b', '\u0378', 'a\u200cb', '\u1100', '\ufdd0']) expect(opaqueString(text)).toBeUndefined();
  });
});
