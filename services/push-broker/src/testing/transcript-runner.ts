import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestAuthority } from '@muster/testing';
import type { Element } from '../core/xml/element';
import { StreamParser } from '../core/xml/stream-parser';
import { isOwnPresence, withoutLiberties } from './liberties';
import { type Bindings, mismatch } from './match';
import { TEST_DOMAIN } from './test-broker';
import { type Step, type Transcript } from './transcript';
import { readMessages, type Reading, type Received, show, TranscriptClient } from './transcript-client';
import { EXTERNAL, type Ground, OwnGround } from './transcript-ground';

const ASKS = `<r xmlns='urn:xmpp:sm:3'/>`;
const OPENING = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

/** Plays one transcript against a server of its own. @throws DoesNotHold; Error with what went wrong inside the server */
export async function runTranscript(transcript: Transcript, authority: TestAuthority): Promise<void> {
  const ground = await OwnGround.start(authority, transcript.options);
  let ended = false;
  try {
    await playTranscript(transcript, ground);
    ended = true;
    await ground.end();
  } finally {
    if (!ended) await ground.end().catch(() => undefined);
  }
}

/** A line of a transcript that did not hold. */
export class DoesNotHold extends Error {
  constructor(
    readonly line: number,
    cause: unknown,
  ) {
    super(`line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }

  /** What came instead of what was expected; undefined where nothing did. */
  get received(): Received | undefined {
    return this.cause instanceof Unexpected ? this.cause.received : undefined;
  }
}

class Unexpected extends Error {
  constructor(
    message: string,
    readonly received?: Received,
  ) {
    super(message);
  }
}

/** Plays it against a server that others use too. @throws DoesNotHold */
export async function playTranscript(transcript: Transcript, ground: Ground): Promise<void> {
  const run = new Run(ground);
  try {
    for (const step of transcript.steps) {
      try {
        await run.step(step);
      } catch (error) {
        throw new DoesNotHold(step.line, error);
      }
    }
  } finally {
    run.end();
  }
}

/** `as laptop` names somebody, `without certificate` nobody. */
const whoIs = ([as, ...name]: string[]): string => (as === 'as' ? name.join(' ') : '');

class Run {
  readonly #clients = new Map<string, TranscriptClient>();
  /** Who each client connected as. */
  readonly #names = new Map<TranscriptClient, string>();
  readonly #bindings: Bindings;

  constructor(private readonly ground: Ground) {
    this.#bindings = new Map([['domain', TEST_DOMAIN], ...Object.entries(ground.accounts)]);
    for (const [name, account] of Object.entries(ground.accounts))
      this.#bindings.set(`${name}.base64`, Buffer.from(`${account}@${TEST_DOMAIN}`).toString('base64'));
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'do') await this.#act(step.words);
    else if (step.kind === 'send') await this.#send(this.#client(step.client), step.text);
    else await this.#expect(this.#client(step.client), step.text);
  }

  end(): void {
    for (const client of this.#names.keys()) client.socket.destroy();
  }

  async #act(words: string[]): Promise<void> {
    const [subject = '', verb = '', ...rest] = words;
    if (/^C\d*$/.test(subject)) return this.#clientDoes(subject, verb, rest);
    if (subject === 'nothing') return this.#expectNothing(rest[0] ?? 'C', Number(rest[2] ?? 100));
    if (subject === 'wait') return pause(Number(verb));
    return this.ground.act(subject, [verb, ...rest].join(' '));
  }

  async #clientDoes(name: string, verb: string, rest: string[]): Promise<void> {
    const object = rest.join(' ');
    if (verb === 'connects') {
      // [C connects as laptop], [C connects without certificate], [C connects in plain text]
      if (object === 'in plain text') return this.#begin(name, '', await this.ground.connectPlain?.());
      // [C connects by WebSocket as laptop]
      const byWebSocket = object.startsWith('by WebSocket');
      const as = whoIs(byWebSocket ? rest.slice(2) : rest);
      if (byWebSocket) return this.#begin(name, as, await this.ground.connectWebSocket?.(as), readMessages);
      return this.#begin(name, as, await this.ground.connect(as));
    }
    if (verb === 'starts' && rest[0] === 'TLS') {
      const as = whoIs(rest.slice(1));
      return this.#begin(name, as, await this.ground.startTls?.(this.#client(name).leave(), as));
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

  #begin(name: string, as: string, connection: Duplex | undefined, read?: Reading): void {
    if (!connection) throw new Error('this server cannot be reached in this way');
    const client = new TranscriptClient(connection, read);
    this.#clients.set(name, client);
    this.#names.set(client, as);
  }

  /** From the stream header to a bound resource: `{C.jid}` is the full address. */
  async #signIn(name: string): Promise<void> {
    const header = `<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
    const bind = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
    const client = this.#client(name);
    await this.#send(client, `${header}${EXTERNAL}${header}${bind}`);
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

  /** Sends text as it stands; to other servers, EXTERNAL is what this client signs in with there, and each waits its turn. */
  async #send(client: TranscriptClient, text: string): Promise<void> {
    const filled = this.#filled(text);
    if (this.ground.strict) return void client.socket.write(filled);
    const parts = filled
      .split(EXTERNAL)
      .flatMap((part, index) => (index === 0 ? [part] : [this.#authentication(client), part]))
      .flatMap((part) => part.split(/(?=<\?xml )|(?<=<stream:stream[^>]*>)/))
      .filter((part) => part !== '');
    for (const [index, part] of parts.entries()) {
      const awaited = index === 0 ? undefined : part.startsWith('<?xml ') ? 'success' : 'features';
      if (awaited && !(await client.reached(awaited, this.ground.answerMs)))
        throw new Error(`the server sent no ${awaited}`);
      client.socket.write(part);
    }
  }

  #authentication(client: TranscriptClient): string {
    return this.ground.authentication(this.#names.get(client) ?? '');
  }

  async #expect(client: TranscriptClient, text: string): Promise<void> {
    // When to ask for an acknowledgement is the server's choice (XEP-0198, section 4).
    if (!this.ground.strict && text === ASKS) return;
    let received = await client.next(this.ground.answerMs);
    while (!this.ground.strict && this.#isExtra(client, text, received))
      received = await client.next(this.ground.answerMs);
    if (!received) throw new Unexpected(`nothing came; expected ${text}`);
    const wrong = this.#wrong(client, text, received);
    if (wrong) throw new Unexpected(`${wrong}\n  expected ${text}\n  received ${show(received)}`, received);
  }

  /** What a server may say besides: presence of the own account, unless it is what was expected. */
  #isExtra(client: TranscriptClient, expected: string, received: Received | undefined): boolean {
    if (isAsking(received)) return true;
    if (received?.kind !== 'element' || !isOwnPresence(received.element, this.#accountOf(client))) return false;
    if (!expected.startsWith('<presence')) return true;
    const { element } = read(this.#filled(expected));
    return ['from', 'type'].some((name) => element.attribute(name) !== received.element.attribute(name));
  }

  #accountOf(client: TranscriptClient): string {
    return `${this.ground.accounts[this.#names.get(client) ?? '']}@${TEST_DOMAIN}`;
  }

  #wrong(client: TranscriptClient, text: string, received: Received): string | undefined {
    if (text === '</stream:stream>') return received.kind === 'footer' ? undefined : 'not the end of the stream';
    if (text === '(end)') return received.kind === 'end' ? undefined : 'not the end of the connection';
    const expected = read(this.ground.strict ? text : this.#filled(text));
    const isElement = received.kind === 'header' || received.kind === 'element';
    if (expected.kind !== received.kind || !isElement)
      return `a stream ${received.kind}, not a stream ${expected.kind}`;
    if (this.ground.strict) return mismatch(expected.element, received.element, this.#bindings);
    const account = this.#accountOf(client);
    const essential = (element: Element): Element => withoutLiberties(element, account);
    return mismatch(essential(expected.element), essential(received.element), this.#bindings);
  }

  async #expectNothing(name: string, milliseconds: number): Promise<void> {
    const client = this.#client(name);
    let received = await client.next(milliseconds);
    while (!this.ground.strict && this.#isExtra(client, '', received)) received = await client.next(milliseconds);
    if (received) throw new Unexpected(`nothing was expected, but ${show(received)} came`, received);
  }

  #client(name: string): TranscriptClient {
    const client = this.#clients.get(name);
    if (!client) throw new Error(`${name} is not connected`);
    return client;
  }

  #filled(text: string): string {
    return text.replace(/\{([\w.]+)\}/g, (whole, name: string) => this.#bindings.get(name) ?? whole);
  }
}

const isAsking = (received: Received | undefined): boolean =>
  received?.kind === 'element' && received.element.is('r', 'urn:xmpp:sm:3');

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
