import { describe, expect, it } from 'vitest';
import { CLIENT_NS, STREAM_NS } from '../namespaces';
import type { Element } from './element';
import { serialise } from './serialise';
import { sourceWithAttribute, sourceWithChild, sourceWithNewAttribute } from './source';
import { StreamParser } from './stream-parser';

const HEADER = `<stream:stream xmlns='${CLIENT_NS}' xmlns:stream='${STREAM_NS}'>`;

/** Elements of a stream, read in pieces of `step` bytes; those whose `to` has an @ are only relayed. */
function read(text: string, step = text.length, header = HEADER): Element[] {
  const elements: Element[] = [];
  const parser = new StreamParser(
    {
      header: () => undefined,
      element: (element) => elements.push(element),
      footer: () => undefined,
      relays: (_name, attributes) => attributes.get('to')?.includes('@') ?? false,
    },
    100_000,
  );
  const bytes = Buffer.from(header + text);
  for (let at = 0; at < bytes.length; at += step) parser.write(bytes.subarray(at, at + step));
  return elements;
}

describe('the text of an element', () => {
  it('gets an attribute, or another value for it', () => {
    expect(sourceWithAttribute('<a/>', 'from', 'x')).toBe('<a from="x"/>');
    expect(sourceWithAttribute("<a to='b>' ><from/></a>", 'from', 'x&"')).toBe(
      `<a from="x&amp;&quot;" to='b>' ><from/></a>`,
    );
    expect(sourceWithAttribute(`<a xmlns:p='u' p:from='1'\n from = 'old/>'\tid="2"/>`, 'from', 'new')).toBe(
      `<a xmlns:p='u' p:from='1' from="new"\tid="2"/>`,
    );
    expect(sourceWithAttribute('<p:a><b from="1"/></p:a>', 'from', 'x')).toBe('<p:a from="x"><b from="1"/></p:a>');
  });

  it('gets an attribute that it has not', () => {
    expect(sourceWithNewAttribute('<a/>', 'from', 'x')).toBe('<a from="x"/>');
    expect(sourceWithNewAttribute("<p:a to='b>' ><from/></p:a>", 'from', 'x&"')).toBe(
      `<p:a from="x&amp;&quot;" to='b>' ><from/></p:a>`,
    );
  });

  it('gets one more child', () => {
    expect(sourceWithChild('<a b="1"/>', '<c/>')).toBe('<a b="1"><c/></a>');
    expect(sourceWithChild('<p:a><b/></p:a >', '<c/>')).toBe('<p:a><b/><c/></p:a >');
  });
});

describe('stanzas that are only routed', () => {
  const stanza = `<message to='a@b' id="1"><body>&lt;ü&amp;<![CDATA[<&]]></body><x xmlns='u'><y>1</y><y z='&gt;'/></x></message>`;

  it('keep the text that the peer wrote, however it arrives', () => {
    const text = `<presence/> \n${stanza}<iq id='2' to='b/@'><q xmlns='r'/></iq>${stanza}`;
    for (let step = 1; step <= text.length; step++) {
      const [presence, first, iq, second] = read(text, step);
      expect(presence?.source).toBeUndefined();
      expect(first?.source, `pieces of ${step}`).toBe(stanza);
      expect(iq?.source).toBe("<iq id='2' to='b/@'><q xmlns='r'/></iq>");
      expect(second?.source).toBe(stanza);
    }
  });

  it('say the same as before to whom they are sent', () => {
    const [routed] = read(stanza);
    const sent = serialise(routed?.withAttribute('from', 'c@b/d') as Element, CLIENT_NS);
    const [again] = read(sent.replace("to='a@b'", "to='b'"));
    const [whole] = read(stanza.replace("to='a@b'", "to='b' from='c@b/d'"));
    const plain = ({ name, namespace, attributes, children }: Element): unknown => [
      name,
      namespace,
      Object.fromEntries(attributes),
      children.map((child) => (typeof child === 'string' ? child : plain(child))),
    ];
    expect(plain(again as Element)).toEqual(plain(whole as Element));
  });

  it('tell what is in them, and not what is in that', () => {
    const [routed] = read(stanza);
    expect(routed?.elements.map(({ name, namespace, children }) => [name, namespace, children.length])).toEqual([
      ['body', CLIENT_NS, 0],
      ['x', 'u', 0],
    ]);
    expect(() => read(`<message to='a@b'>${'<a>'.repeat(64)}`)).toThrow('deeply');
  });

  it('are written anew where their text would mean something else', () => {
    const header = `<stream:stream xmlns='${CLIENT_NS}' xmlns:stream='${STREAM_NS}' xmlns:p='urn:p'>`;
    const [routed] = read(`<message to='a@b'><p:x><p:y>1</p:y></p:x></message>`, 1000, header);
    expect(routed?.source).toBeUndefined();
    expect(serialise(routed as Element, CLIENT_NS)).toBe('<message to="a@b"><x xmlns="urn:p"><y>1</y></x></message>');
  });
});
