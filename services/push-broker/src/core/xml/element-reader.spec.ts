import { expect, it } from 'vitest';
import { CLIENT_NS, STREAM_NS } from '../namespaces';
import { serialise } from './serialise';
import { StreamParser } from './stream-parser';

const HEADER = `<stream:stream xmlns='${CLIENT_NS}' xmlns:stream='${STREAM_NS}'>`;

class Peer {
  readonly seen: string[] = [];
  readonly parser = new StreamParser(
    {
      header: () => undefined,
      element: (element) => {
        this.seen.push(serialise(element, CLIENT_NS));
        if (element.name === 'restart') this.parser.restart();
        if (element.name === 'wait') this.parser.suspend();
        if (element.name === 'fault') throw new Error('a defect');
      },
      footer: () => this.seen.push('footer'),
    },
    1000,
  );

  constructor() {
    this.says(HEADER);
  }

  /** @returns what could be read of it */
  says(text: string): string[] {
    this.seen.length = 0;
    this.parser.write(Buffer.from(text));
    return this.seen;
  }
}

it('reads for many streams in turns, and nothing of one is seen in another', () => {
  const [one, two] = [new Peer(), new Peer()];
  for (const before of [
    '<a/>',
    '<a>]]</a>',
    "<a xmlns='urn:a' xmlns:p='urn:p'><p:b/></a>",
    '<restart/>',
    '<wait/>',
    '<a/> ',
    '<a/>\r',
    '<a',
    '<a>&am',
    '<a><![CDATA[]]',
    '<a/><b>',
  ]) {
    new Peer().says(before);
    expect(one.says('<x>1</x>'), before).toEqual(['<x>1</x>']);
    expect(() => new Peer().says('<p:b/>')).toThrow('unbound');
    expect(two.says('<y/><z>]></z>'), before).toEqual(['<y/>', '<z>]&gt;</z>']);
  }
});

it('is not used again after a fault, whoever made it', () => {
  for (const fault of [
    '<a></b>',
    '<a>&nope;</a>',
    '<!-- -->',
    '</stream>',
    '<fault/>',
    '<a/><fault/><a/>',
    'text<a/>',
  ]) {
    expect(() => new Peer().says(fault), fault).toThrow();
    expect(new Peer().says('<x/>'), fault).toEqual(['<x/>']);
  }
});

it('reads one stream while it reads another', () => {
  const inner = new Peer();
  const outer = new StreamParser(
    { header: () => undefined, element: () => inner.says('<inner/>'), footer: () => undefined },
    1000,
  );
  outer.write(Buffer.from(HEADER));
  outer.write(Buffer.from('<a/><b/>'));
  expect(inner.seen).toEqual(['<inner/>']);
  expect(new Peer().says('<x/>')).toEqual(['<x/>']);
});
