import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type CertifiedFiles, TestAuthority } from '@muster/testing';
import { StreamError } from '../core/stream-error';
import type { Element } from '../core/xml/element';
import { StreamParser } from '../core/xml/stream-parser';
import { type Bindings, mismatch } from './match';
import { TEST_DOMAIN, TestBroker, type TestOptions } from './test-broker';
import { type Step, type Transcript } from './transcript';
import { type Received, show, TranscriptClient } from './transcript-client';

/** Devices that transcripts speak of, and their ids. */
const DEVICES: Record<string, string> = {
  laptop: '01900000-0000-7000-8000-00000000000a',
  desktop: '01900000-0000-7000-8000-00000000000b',
};
const ANSWER_MS = 3000;
const OPENING = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

/** Plays one transcript against a server of its own. @throws Error naming the line that did not hold */
export async function runTranscript(transcript: Transcript, authority: TestAuthority): Promise<void> {
  const broker = await TestBroker.start(authority, transcript.options as TestOptions);
  const run = new Run(broker, authority);
  try {
    for (const step of transcript.steps) {
      try {
        await run.step(step);
      } catch (error) {
        throw new Error(`line ${step.line}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
    if (broker.faults.length > 0) throw broker.faults[0];
  } finally {
    run.end();
    await broker.stop();
  }
}

class Run {
  readonly #clients = new Map<string, TranscriptClient>();
  readonly #credentials = new Map<string, CertifiedFiles>();
  readonly #bindings: Bindings = new Map([['domain', TEST_DOMAIN], ...Object.entries(DEVICES)]);

  constructor(
    private readonly broker: TestBroker,
    private readonly authority: TestAuthority,
  ) {}

  async step(step: Step): Promise<void> {
    if (step.kind === 'do') await this.#act(step.words);
    else if (step.kind === 'send') this.#client(step.client).socket.write(this.#filled(step.text));
    else await this.#expect(this.#client(step.client), step.text);
  }

  end(): void {
    for (const { socket } of this.#clients.values()) socket.destroy();
  }

  async #act(words: string[]): Promise<void> {
    const [subject = '', verb = '', ...rest] = words;
    const sentence = `${verb} ${rest.join(' ')}`.trim();
    if (/^C\d*$/.test(subject)) return this.#clientDoes(subject, verb, rest);
    if (subject === 'nothing') return this.#expectNothing(rest[0] ?? 'C', Number(rest[2] ?? 100));
    if (subject === 'wait') return pause(Number(verb));
    if (subject === 'server' && verb === 'wakes') return this.broker.wake(this.#device(rest[0]));
    if (subject === 'server' && sentence === 'shuts down') return this.broker.server.shutdown();
    if (sentence === 'is revoked') return this.#revoke('device', this.#device(subject));
    if (sentence === 'certificate is revoked')
      return this.#revoke('certificate', digestOf(await this.#credential(subject)));
    throw new Error(`nobody knows how to do [${words.join(' ')}]`);
  }

  async #clientDoes(name: string, verb: string, rest: string[]): Promise<void> {
    const object = rest.join(' ');
    if (verb === 'connects') {
      const credential = object === 'without certificate' ? undefined : await this.#credential(rest.slice(1).join(' '));
      const client = new TranscriptClient(this.broker.connect(credential));
      this.#clients.set(name, client);
      return;
    }
    const { socket } = this.#client(name);
    if (verb === 'signs') return this.#signIn(name);
    if (verb === 'is' && object === 'cut') return void socket.destroy();
    if (verb === 'sends' && rest[0] === 'bytes') return void socket.write(Buffer.from(rest.slice(1).join(''), 'hex'));
    if (verb === 'repeats') {
      // [C repeats 70 times <a>]
      return void socket.write(this.#filled(rest.slice(2).join(' ')).repeat(Number(rest[0])));
    }
    throw new Error(`${name} does not know how to ${verb} ${object}`);
  }

  /** From the stream header to a bound resource: `{C.jid}` is the full address. */
  async #signIn(name: string): Promise<void> {
    const header = `<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
    const bind = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
    const client = this.#client(name);
    client.socket.write(
      this.#filled(
        `${header}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>${header}${bind}`,
      ),
    );
    for (const expected of [
      `<stream:stream from='{domain}' id='{*}' version='1.0' xml:lang='en'>`,
      `<stream:features>{...}</stream:features>`,
      `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`,
      `<stream:stream from='{domain}' id='{*}' version='1.0' xml:lang='en'>`,
      `<stream:features>{...}</stream:features>`,
      `<iq type='result' id='bind' to='{*}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{${name}.jid}</jid></bind></iq>`,
    ])
      await this.#expect(client, expected);
  }

  #revoke(kind: 'device' | 'certificate', id: string): void {
    this.broker.revoke(kind, id);
    this.broker.server.evict(new StreamError('not-authorized', 'revoked'), (account, { certificate }) =>
      kind === 'device' ? account.local === id : certificate?.sha256 === id,
    );
  }

  async #expect(client: TranscriptClient, text: string): Promise<void> {
    const received = await client.next(ANSWER_MS);
    if (!received) throw new Error(`nothing came; expected ${text}`);
    const wrong = this.#wrong(text, received);
    if (wrong) throw new Error(`${wrong}\n  expected ${text}\n  received ${show(received)}`);
  }

  #wrong(text: string, received: Received): string | undefined {
    if (text === '</stream:stream>') return received.kind === 'footer' ? undefined : 'not the end of the stream';
    if (text === '(end)') return received.kind === 'end' ? undefined : 'not the end of the connection';
    const expected = read(text);
    const isElement = received.kind === 'header' || received.kind === 'element';
    if (expected.kind !== received.kind || !isElement)
      return `a stream ${received.kind}, not a stream ${expected.kind}`;
    return mismatch(expected.element, received.element, this.#bindings);
  }

  async #expectNothing(name: string, milliseconds: number): Promise<void> {
    const received = await this.#client(name).next(milliseconds);
    if (received) throw new Error(`nothing was expected, but ${show(received)} came`);
  }

  #client(name: string): TranscriptClient {
    const client = this.#clients.get(name);
    if (!client) throw new Error(`${name} is not connected`);
    return client;
  }

  #device(name: string | undefined): string {
    const id = DEVICES[name ?? ''];
    if (!id) throw new Error(`there is no device ${name}`);
    return id;
  }

  /** `laptop`, or `expired laptop`, `stranger laptop` and so on. */
  async #credential(words: string): Promise<CertifiedFiles> {
    const known = this.#credentials.get(words);
    if (known) return known;
    const made = await this.#makeCredential(words);
    this.#credentials.set(words, made);
    return made;
  }

  async #makeCredential(words: string): Promise<CertifiedFiles> {
    const [kind, name] = words.includes(' ') ? words.split(' ') : ['good', words];
    const id = this.#device(name);
    const xmppDomain = TEST_DOMAIN;
    const daysFromNow = (days: number): Date => new Date(Date.now() + days * 24 * 3600 * 1000);
    switch (kind) {
      case 'good':
        return this.authority.device(id, { xmppDomain });
      case 'expired':
        return this.authority.device(id, { xmppDomain, notBefore: daysFromNow(-100), days: 90 });
      case 'early':
        return this.authority.device(id, { xmppDomain, notBefore: daysFromNow(1) });
      case 'foreign':
        return this.authority.device(id, { xmppDomain: 'elsewhere.test' });
      case 'stranger':
        return (await TestAuthority.create()).device(id, { xmppDomain });
      case 'server':
        return this.authority.server([TEST_DOMAIN]);
      default:
        throw new Error(`there is no ${kind} certificate`);
    }
  }

  #filled(text: string): string {
    return text.replace(/\{([\w.]+)\}/g, (whole, name: string) => this.#bindings.get(name) ?? whole);
  }
}

function read(text: string): { kind: 'header' | 'element'; element: Element } {
  let result: { kind: 'header' | 'element'; element: Element } | undefined;
  const parser = new StreamParser(
    {
      header: (element) => (result = { kind: 'header', element }),
      element: (element: Element) => (result = { kind: 'element', element }),
      footer: () => undefined,
    },
    1_000_000,
  );
  const declared = ` xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'`;
  const isHeader = text.startsWith('<stream:stream');
  parser.write(Buffer.from(isHeader ? text.replace('<stream:stream', `<stream:stream${declared}`) : OPENING + text));
  if (!result || (!isHeader && result.kind === 'header')) throw new Error(`not a complete element: ${text}`);
  return result;
}

const digestOf = ({ chain }: CertifiedFiles): string =>
  new X509Certificate(chain).fingerprint256.replaceAll(':', '').toLowerCase();
