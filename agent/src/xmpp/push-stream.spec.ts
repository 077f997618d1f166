import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Dialler } from '../net/dialler';
import { ServerClock } from '../state/clock';
import { issue, type Issued, makeRoot, SERVER_AUTH } from '../testing/certificate-maker';
import { FakePush } from '../testing/fake-push';
import { PushStream } from './push-stream';
import { escapeXml, StanzaReader } from './stanza-reader';

const DOMAIN = 'xmpp.muster-agent.test';
let folder: string;
let root: Issued;
let leaf: Issued;
let push: FakePush;
let events: string[];
let stream: PushStream;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-push-'));
  root = await makeRoot();
  leaf = await issue({ name: DOMAIN, issuer: root, usages: [SERVER_AUTH], hostNames: [DOMAIN] });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  push = await FakePush.start(leaf);
  events = [];
});
afterEach(async () => {
  stream.close('the test is over');
  await push.stop();
});

async function connect(answerWithinMs?: number): Promise<void> {
  const trust = { anchors: [root.certificate], serverAnchors: [root.certificate], serverAnchorsPem: [root.pem] };
  const dialler = new Dialler(trust, new ServerClock(join(folder, 'none')));
  const target = { hostName: DOMAIN, addresses: ['127.0.0.1'], port: push.port, pins: [] };
  const socket = await dialler.dial([target], { alpn: 'xmpp-client' });
  stream = new PushStream(
    socket,
    DOMAIN,
    {
      ready: (jid) => void events.push(`ready ${jid}`),
      woken: (about) => void events.push(`woken for ${about}`),
      closed: (why) => void events.push(`closed: ${why}`),
    },
    answerWithinMs,
  );
  await eventually(() => events.length > 0);
}
const closed = (): Promise<string> => eventually(() => events.find((event) => event.startsWith('closed')));

describe('push stream', () => {
  it('authenticates by certificate, binds, enables stream management and becomes ready', async () => {
    await connect();
    expect(events).toEqual([`ready device@${DOMAIN}/r`]);
    await eventually(() => push.received.join('').includes('<presence/>'));
    const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='${DOMAIN}'>`;
    expect(push.received.join('')).toBe(
      `${header}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>${header}` +
        `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>` +
        `<enable xmlns='urn:xmpp:sm:3'/><presence/>`,
    );
  });

  it('is woken by the domain and by nobody else', async () => {
    await connect();
    push.send(`<message from='evil@${DOMAIN}'><wake xmlns='urn:muster:push:1'/></message>`);
    push.send(`<message from='${DOMAIN}'><wake xmlns='urn:else'/></message>`);
    push.wake();
    await eventually(() => events.length > 1);
    expect(events.slice(1)).toEqual(['woken for operations']);
  });

  it('knows what it is woken for, and takes what it does not know for operations', async () => {
    await connect();
    push.wake('release');
    push.wake('coffee');
    await eventually(() => events.length > 2);
    expect(events.slice(1)).toEqual(['woken for release', 'woken for operations']);
  });

  it('answers pings and acknowledgement requests, and refuses other queries', async () => {
    await connect();
    // The device counts from the server's <enabled/> on, which is on its way when the presence is here.
    await eventually(() => push.received.join('').includes('<presence/>'));
    push.send(`<iq type='get' id='1' from='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq><r xmlns='urn:xmpp:sm:3'/>`);
    push.send(
      `<iq type='get' id='"2"' from='${DOMAIN}'><query xmlns='jabber:iq:roster'/></iq>`.replace(`'"2"'`, `'&quot;2'`),
    );
    const answers = await eventually(() => /<presence\/>(.*<\/iq>)$/.exec(push.received.join(''))?.[1]);
    expect(answers).toBe(
      `<iq id='1' to='${DOMAIN}' type='result'/><a xmlns='urn:xmpp:sm:3' h='1'/>` +
        `<iq id='&#34;2' to='${DOMAIN}' type='error'><error type='cancel'>` +
        `<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    );
  });

  it('notices a server that went silent', async () => {
    await connect(300);
    stream.probe();
    await eventually(() => push.received.join('').includes('<r xmlns'));
    push.received.length = 0;
    push.send(' ');
    await push.stop();
    expect(await closed()).toContain('closed');
  });

  it.each([
    [
      'a stream error',
      `<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
      'host-gone',
    ],
    ['the end of the stream', '</stream:stream>', 'ended the stream'],
    ['an undefined entity', '<message>&nope;</message>', 'not XMPP'],
    ['a comment', '<!-- x -->', 'not XMPP'],
    ['a processing instruction', '<?php ?>', 'not XMPP'],
    ['mismatched tags', '<message></iq>', 'not XMPP'],
    ['too deep a stanza', '<a>'.repeat(40), 'not XMPP'],
    ['an endless stanza', `<message><body>${'x'.repeat(300_000)}`, 'not XMPP'],
  ])('ends on %s', async (_, bytes, why) => {
    await connect();
    push.send(bytes);
    expect(await closed()).toContain(why);
    expect(events.filter((event) => event.startsWith('closed'))).toHaveLength(1);
  });
});

describe('stanza reader', () => {
  it('reads the same however the bytes are cut', () => {
    const text = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><message from='ä€😀'><body>&lt;ü&amp;<![CDATA[<x>]]></body></message></stream:stream>`;
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const seen: string[] = [];
      const reader = new StanzaReader({
        opened: () => void seen.push('opened'),
        element: (element) =>
          void seen.push(`${element.name} ${element.attributes['from']} ${element.children[0]?.text}`),
        ended: () => void seen.push('ended'),
      });
      reader.write(bytes.subarray(0, cut));
      reader.write(bytes.subarray(cut));
      expect(seen).toEqual(['opened', 'message ä€😀 <ü&<x>', 'ended']);
    }
  });

  it('escapes what attributes and text must not hold', () => {
    expect(escapeXml(`<&>'"`)).toBe('&#60;&#38;&#62;&#39;&#34;');
  });
});
