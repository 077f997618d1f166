import { setImmediate as tick } from 'node:timers/promises';
import { WAKE_NAMESPACE } from '@muster/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_NS, STREAM_NS } from '../core/namespaces';
import { type Child, type Element, element } from '../core/xml/element';
import { serialise } from '../core/xml/serialise';
import { StreamParser } from '../core/xml/stream-parser';
import { AUTH, BIND, HEADER } from '../testing/dialogue';
import type { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';
import { verificationOf } from './capabilities';

const ID = '01900000-0000-7000-8000-00000000000a';
const DEVICE = `${ID}@${TEST_DOMAIN}`;
const TOOL = `technician@${TEST_DOMAIN}`;
const INFO_NS = 'http://jabber.org/protocol/disco#info';

/** A client that asks one thing after the other. */
class Client {
  readonly socket: MemorySocket;
  #read = 0;

  constructor(
    readonly broker: TestServer,
    address = DEVICE,
  ) {
    this.socket = broker.accept(address);
  }

  /** @returns what the server sent since, stream headers left out */
  async says(text: string): Promise<Element[]> {
    this.socket.feed(text);
    for (let i = 0; i < 10; i++) await tick();
    const output = this.socket.output.slice(this.#read);
    this.#read = this.socket.output.length;
    const received: Element[] = [];
    const parser = new StreamParser(
      {
        header: () => undefined,
        element: (element) => {
          received.push(element);
          if (element.name === 'success') parser.restart();
        },
        footer: () => undefined,
      },
      10_000_000,
    );
    const open = output.startsWith('<?xml') ? '' : `<stream:stream xmlns='${CLIENT_NS}' xmlns:stream='${STREAM_NS}'>`;
    parser.write(Buffer.from(open + output));
    return received;
  }

  /** Asks the server and gives the payload of its result. */
  async asks(type: 'get' | 'set', payload: Element): Promise<Element | undefined> {
    const request = element('iq', CLIENT_NS, { type, id: 'ask', to: TEST_DOMAIN }, payload);
    const answer = (await this.says(serialise(request, CLIENT_NS))).find((reply) => reply.attribute('id') === 'ask');
    expect(answer?.attribute('type'), `the answer to <${payload.name} xmlns='${payload.namespace}'/>`).toBe('result');
    return answer?.elements[0];
  }

  async signsIn(): Promise<this> {
    const received = await this.says(HEADER + AUTH + HEADER + BIND);
    expect(received.at(-1)?.attribute('type')).toBe('result');
    return this;
  }
}

const ask = (name: string, namespace: string, ...children: Child[]): Element =>
  element(name, namespace, {}, ...children);
const names = (elements: Element[] | undefined): string[] => (elements ?? []).map(({ name }) => name);

/** What a client may do with each thing that it is told of. Whoever advertises more says here how it is used. */
const USES: Record<string, (client: Client) => Promise<void>> = {
  'urn:ietf:params:xml:ns:xmpp-session': async (client) => {
    await client.asks('set', ask('session', 'urn:ietf:params:xml:ns:xmpp-session'));
  },
  'urn:xmpp:sm:3': async (client) => {
    const [enabled] = await client.says(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
    expect(enabled?.name).toBe('enabled');
    const [resumed] = await new Client(client.broker)
      .says(`${HEADER}${AUTH}${HEADER}<resume xmlns='urn:xmpp:sm:3' h='0' previd='${enabled?.attribute('id')}'/>`)
      .then((received) => received.slice(-1));
    expect(resumed?.name).toBe('resumed');
  },
  'http://jabber.org/protocol/caps': async (client) => {
    const [features] = await new Client(client.broker).says(HEADER + AUTH + HEADER).then((all) => all.slice(-1));
    const caps = features?.child('c', 'http://jabber.org/protocol/caps');
    const node = `${caps?.attribute('node')}#${caps?.attribute('ver')}`;
    const info = await client.asks('get', element('query', INFO_NS, { node }));
    const identities = (info?.elements ?? [])
      .filter(({ name }) => name === 'identity')
      .map((identity) => Object.fromEntries(identity.attributes) as { category: string; type: string });
    const listed = (info?.elements ?? []).map((feature) => feature.attribute('var')).filter((one) => one !== undefined);
    expect(verificationOf({ identities, features: listed })).toBe(caps?.attribute('ver'));
  },
  [INFO_NS]: async (client) => {
    const info = await client.asks('get', ask('query', INFO_NS));
    expect(info?.child('identity', INFO_NS)?.attribute('category')).toBe('server');
  },
  'http://jabber.org/protocol/disco#items': async (client) => {
    expect(names((await client.asks('get', ask('query', 'http://jabber.org/protocol/disco#items')))?.elements)).toEqual(
      [],
    );
  },
  'urn:xmpp:csi:0': async (client) => {
    await client.says(`<inactive xmlns='urn:xmpp:csi:0'/>`);
    const [session] = client.broker.server.sessions.of(DEVICE);
    session?.send(element('presence', CLIENT_NS, { from: TOOL }));
    expect(await client.says('')).toEqual([]);
    expect(names(await client.says(`<active xmlns='urn:xmpp:csi:0'/>`))).toEqual(['presence']);
  },
  'urn:xmpp:stream-limits:0': async (client) => {
    const [features] = await new Client(client.broker).says(HEADER + AUTH + HEADER).then((all) => all.slice(-1));
    const bytes = Number(features?.elements.find(({ name }) => name === 'limits')?.elements[0]?.text);
    const [before, after] = [`<message type='error' to='${TEST_DOMAIN}'><body>`, '</body></message>'];
    const filling = 'x'.repeat(bytes - before.length - after.length);
    expect(await client.says(before + filling + after)).toEqual([]);
    const [error] = await client.says(`${before}x${filling}${after}`);
    expect(error?.elements[0]?.name).toBe('policy-violation');
  },
  'jabber:iq:version': async (client) => {
    expect(names((await client.asks('get', ask('query', 'jabber:iq:version')))?.elements)).toEqual(['name', 'version']);
  },
  'urn:xmpp:time': async (client) => {
    const time = await client.asks('get', ask('time', 'urn:xmpp:time'));
    const utc = Date.parse(time?.child('utc', 'urn:xmpp:time')?.text ?? '');
    expect(Math.abs(utc - Date.now())).toBeLessThan(60_000);
  },
  'urn:xmpp:ping': async (client) => {
    await client.asks('get', ask('ping', 'urn:xmpp:ping'));
  },
  'urn:xmpp:extdisco:2': async (client) => {
    const services = await client.asks('get', ask('services', 'urn:xmpp:extdisco:2'));
    const turn = services?.elements.find((service) => service.attribute('type') === 'turn');
    expect(turn?.attribute('password')).toBeTruthy();
  },
  [WAKE_NAMESPACE]: async (client) => {
    client.broker.wake(ID);
    const [message] = await client.says('');
    expect(message?.elements[0]?.namespace).toBe(WAKE_NAMESPACE);
  },
  msgoffline: async (client) => {
    client.broker.server.tickets.grant('technician', ID, Date.now() + 60_000);
    await client.says('</stream:stream>');
    const sender = await new Client(client.broker, TOOL).signsIn();
    await sender.says(`<message to='${DEVICE}' type='chat'><body>later</body></message>`);
    const later = await new Client(client.broker).signsIn();
    const [message] = await later.says('<presence/>');
    expect(message?.child('body', CLIENT_NS)?.text).toBe('later');
    expect(message?.child('delay', 'urn:xmpp:delay')).toBeDefined();
  },
  'urn:xmpp:hints': async (client) => {
    client.broker.server.tickets.grant('technician', ID, Date.now() + 60_000);
    await client.says('</stream:stream>');
    const sender = await new Client(client.broker, TOOL).signsIn();
    const hint = `<no-store xmlns='urn:xmpp:hints'/>`;
    await sender.says(`<message to='${DEVICE}' type='chat'><body>now or never</body>${hint}</message>`);
    expect(await (await new Client(client.broker).signsIn()).says('<presence/>')).toEqual([]);
  },
};

/** What is used before there is a session, and so by every client of this test. */
const SIGN_IN = ['urn:ietf:params:xml:ns:xmpp-sasl', 'urn:ietf:params:xml:ns:xmpp-bind'];

describe('what the server advertises', () => {
  let broker: TestServer;
  beforeEach(() => {
    broker = new TestServer();
  });

  async function advertised(): Promise<string[]> {
    const client = new Client(broker);
    const received = await client.says(HEADER + AUTH + HEADER + BIND);
    const features = received.filter((one) => one.is('features', STREAM_NS)).flatMap((one) => one.elements);
    const info = await client.asks('get', ask('query', INFO_NS));
    const listed = (info?.elements ?? []).map((feature) => feature.attribute('var')).filter((one) => one !== undefined);
    return [...new Set([...features.map(({ namespace }) => namespace), ...listed])];
  }

  it('is known here, each with a use', async () => {
    const unknown = (await advertised()).filter((one) => !(one in USES) && !SIGN_IN.includes(one));
    expect(unknown).toEqual([]);
  });

  it('is all that is used here', async () => {
    const all = await advertised();
    expect(Object.keys(USES).filter((one) => !all.includes(one))).toEqual([]);
  });

  it('signs in by each mechanism that is offered to a device', async () => {
    const [features] = await new Client(broker).says(HEADER);
    const mechanisms = features?.child('mechanisms', 'urn:ietf:params:xml:ns:xmpp-sasl')?.elements ?? [];
    expect(mechanisms.map(({ text }) => text)).toEqual(['EXTERNAL']);
  });

  for (const [namespace, use] of Object.entries(USES))
    it(`works: ${namespace}`, async () => use(await new Client(broker).signsIn()));
});
