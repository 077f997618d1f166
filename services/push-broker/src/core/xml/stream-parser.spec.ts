import { describe, expect, it } from 'vitest';
import { StreamError } from '../stream-error';
import { Element } from './element';
import { serialise } from './serialise';
import { StreamParser } from './stream-parser';

const HEADER = `<?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

function open(limit = 1000) {
  const seen: string[] = [];
  const parser = new StreamParser(
    {
      header: (header, declared) => seen.push(`header ${header.attribute('to') ?? ''} ${declared ?? ''}`),
      element: (stanza) => {
        seen.push(serialise(stanza, 'jabber:client'));
        if (stanza.name === 'restart') parser.restart();
        if (stanza.name === 'wait') parser.suspend();
      },
      footer: () => seen.push('footer'),
    },
    limit,
  );
  return { parser, seen };
}

function refusalOf(...pieces: (string | Buffer)[]): string {
  const { parser } = open();
  try {
    for (const piece of pieces) parser.write(Buffer.from(piece as string));
  } catch (error) {
    if (error instanceof StreamError) return error.condition;
    throw error;
  }
  return 'accepted';
}

describe('StreamParser', () => {
  const document = `${HEADER}\n<message to="a"><body>Grüße &amp; 👋<![CDATA[<&>]]></body></message> <r xmlns="urn:xmpp:sm:3"/></stream:stream>`;
  const parts = [
    'header x jabber:client',
    '<message to="a"><body>Grüße &amp; 👋&lt;&amp;&gt;</body></message>',
    '<r xmlns="urn:xmpp:sm:3"/>',
    'footer',
  ];

  it('knows after any silence what the stream header declared', () => {
    const header = `<s:stream xmlns:s='http://etherx.jabber.org/streams' to='x' xmlns:q='urn:a&amp;"b"' xmlns='jabber:client'>`;
    const { parser, seen } = open(header.length);
    const longest = `<q:note><body>${'x'.repeat(header.length - '<q:note><body></body></q:note>'.length)}</body></q:note>`;
    for (const piece of [header, ' \r', '\n<q:note/>', longest, `${longest} `, '<presence/>', '</s:stream>'])
      parser.write(Buffer.from(piece));
    const note = serialise(new Element('note', 'urn:a&"b"'), 'jabber:client');
    expect(seen).toHaveLength(6);
    expect([seen[0], seen[1], seen[4], seen[5]]).toEqual(['header x jabber:client', note, '<presence/>', 'footer']);
    expect(refusalOf(header, '<q:note/>', '</stream:stream>')).toBe('not-well-formed');
    expect(refusalOf(header, '<q:note/>', '<p:note/>')).toBe('not-well-formed');
    expect(refusalOf(header, '<q:note/>', `<?xml version='1.0'?>`)).toBe('not-well-formed');
    const tooLong = open(header.length).parser;
    tooLong.write(Buffer.from(header));
    expect(() => tooLong.write(Buffer.from(` ${longest.replace('x', 'xx')}`))).toThrow('a stanza may have');
  });

  it('gives the same elements wherever the bytes are cut', () => {
    const bytes = Buffer.from(document);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { parser, seen } = open();
      parser.write(bytes.subarray(0, cut));
      parser.write(bytes.subarray(cut));
      expect(seen, `cut at ${cut}`).toEqual(parts);
    }
    const { parser, seen } = open();
    for (const byte of bytes) parser.write(Buffer.from([byte]));
    expect(seen).toEqual(parts);
  });

  it('begins a new stream in the middle of a piece, wherever that is cut', () => {
    const bytes = Buffer.from(`${HEADER}<restart/>\r\n${HEADER}<iq/>`);
    for (let cut = 0; cut < bytes.length; cut++) {
      const { parser, seen } = open();
      parser.write(bytes.subarray(0, cut));
      parser.write(bytes.subarray(cut));
      expect(seen, `cut at ${cut}`).toEqual([parts[0], '<restart/>', parts[0], '<iq/>']);
    }
  });

  it('keeps what follows while it is suspended, and may begin a new stream before it goes on', () => {
    const bytes = Buffer.from(`${HEADER}<wait/>${HEADER}<iq/><wait/><r xmlns="urn:xmpp:sm:3"/> <iq/>`);
    for (let cut = 0; cut < bytes.length; cut++) {
      const { parser, seen } = open();
      parser.write(bytes.subarray(0, cut));
      const early = seen.length;
      expect(seen).toEqual([parts[0], '<wait/>'].slice(0, early));
      parser.write(bytes.subarray(cut));
      expect(seen, `cut at ${cut}`).toEqual([parts[0], '<wait/>']);
      parser.restart();
      parser.resume();
      expect(seen, `cut at ${cut}`).toEqual([parts[0], '<wait/>', parts[0], '<iq/>', '<wait/>']);
      parser.resume();
      expect(seen.slice(5), `cut at ${cut}`).toEqual([parts[2], '<iq/>']);
    }
  });

  it('refuses what XMPP restricts', () => {
    expect(refusalOf(HEADER, '<a>&nope;</a>')).toBe('restricted-xml');
    expect(refusalOf(HEADER, '<a>&constructor;</a>')).toBe('restricted-xml');
    expect(refusalOf(HEADER, '<!-- x -->')).toBe('restricted-xml');
    expect(refusalOf(HEADER, '<?x y?>')).toBe('restricted-xml');
    expect(refusalOf('<!DOCTYPE lolz [<!ENTITY lol "lol">]>')).toBe('restricted-xml');
    expect(refusalOf(HEADER, 'text', '<a/>')).toBe('bad-format');
    expect(refusalOf(HEADER, '<a><b></a></b>')).toBe('not-well-formed');
    expect(refusalOf(HEADER, '<p:a/>')).toBe('not-well-formed');
    expect(refusalOf(HEADER, '<a x="1" x="2"/>')).toBe('not-well-formed');
    expect(refusalOf(HEADER, '<a>\u0001</a>')).toBe('not-well-formed');
    expect(refusalOf(HEADER, '<a>&#0;</a>')).toBe('not-well-formed');
    expect(refusalOf(HEADER, Buffer.from([0xc3, 0x28]))).toBe('unsupported-encoding');
    expect(refusalOf(HEADER, Buffer.from([0xed, 0xa0, 0x80]))).toBe('unsupported-encoding');
    expect(refusalOf(`<?xml version='1.0' encoding='ISO-8859-1'?>`)).toBe('unsupported-encoding');
    expect(refusalOf(HEADER, '<a>'.repeat(65))).toBe('policy-violation');
    expect(refusalOf(HEADER, '<a>'.repeat(64))).toBe('accepted');
  });

  it('hands on what came before a fault, and not what the fault is in', () => {
    for (const [fault, before] of [
      ['<iq/><a></b>', ['<iq/>']],
      ['<iq/><a><b></a>', ['<iq/>']],
      ['<iq/></stream>', ['<iq/>']],
      ['<iq/><!-- -->', ['<iq/>']],
      ['<iq/><?xml version="1.0"?>', ['<iq/>']],
      ['<iq/>text<a/>', ['<iq/>']],
    ] as const) {
      const { parser, seen } = open();
      expect(() => parser.write(Buffer.from(HEADER + fault)), fault).toThrow(StreamError);
      expect(seen.slice(1), fault).toEqual(before);
    }
  });

  it('limits a stanza, finished or not, in one piece or many, but not the stream', () => {
    expect(refusalOf(HEADER, `<a>${'x'.repeat(1000)}</a>`)).toBe('policy-violation');
    expect(refusalOf(HEADER, `<a>${'x'.repeat(1000)}`)).toBe('policy-violation');
    expect(refusalOf(HEADER, '<a x="', ...Array.from({ length: 11 }, () => 'x'.repeat(100)))).toBe('policy-violation');
    expect(refusalOf(`<stream x="${'x'.repeat(1001)}`)).toBe('policy-violation');
    expect(refusalOf(HEADER, ...Array.from({ length: 50 }, () => `<a>${'x'.repeat(900)}</a>`))).toBe('accepted');
    expect(refusalOf(HEADER, Array.from({ length: 50 }, () => `<a>${'x'.repeat(900)}</a>`).join(' '))).toBe('accepted');
  });

  it('takes whitespace between stanzas for as long as the peer likes', () => {
    const { parser, seen } = open();
    parser.write(Buffer.from(HEADER));
    for (let i = 0; i < 5000; i++) parser.write(Buffer.from(i % 3 ? ' ' : '\r\n'));
    parser.write(Buffer.from('<iq/> \n'));
    for (let i = 0; i < 5000; i++) parser.write(Buffer.from(' '));
    parser.write(Buffer.from('<iq/>'));
    expect(seen.slice(1)).toEqual(['<iq/>', '<iq/>']);
  });

  it('keeps attribute names that would be special in an object, and foreign namespaces', () => {
    const { parser, seen } = open();
    parser.write(Buffer.from(`${HEADER}<a __proto__='1' xmlns:f='urn:f' f:b='2' xml:lang='de'/>`));
    expect(seen[1]).toBe('<a __proto__="1" xmlns:ns0="urn:f" ns0:b="2" xml:lang="de"/>');
  });
});
