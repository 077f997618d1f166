import type { Accounts } from '../core/accounts';
import type { Feature } from '../core/feature';
import type { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';
import type { Revocations } from './sasl-external';
import { Guesses, type GuessLimits } from './sasl-guesses';
import { type SaslExchange, SaslFailure, type SaslMechanism, type SaslStep } from './sasl-mechanism';
import { saslMechanisms } from './sasl-mechanisms';
import { CHANNEL_BINDING } from './sasl-scram';

const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BINDING_NS = 'urn:xmpp:sasl-cb:0';
/** Attempts on one stream; RFC 6120 section 6.4.4 recommends two to five. */
const MAX_ATTEMPTS = 3;

export interface SaslOptions {
  revocations: Revocations;
  /** Accounts that sign in with a secret; without them a certificate is the only way. */
  accounts?: Accounts;
  guesses?: GuessLimits;
  /** Mechanisms that may be used; all when absent. */
  mechanisms?: readonly string[];
}

const GUESSES: GuessLimits = { perAddress: 200, perAccount: 30, windowSeconds: 300 };

/**
 * Authentication: which mechanisms a stream is offered, and the exchange with the one that its peer picks. Who has shown
 * a device's certificate is offered EXTERNAL alone.
 */
export function sasl({ revocations, accounts, guesses = GUESSES, mechanisms }: SaslOptions): Feature {
  return {
    name: 'sasl',
    specification: 'RFC 6120 6, RFC 4616, RFC 5802, RFC 7677, RFC 9266, XEP-0178 1.2',
    install(server) {
      const isEnabled = (name: string): boolean => mechanisms?.includes(name) ?? true;
      const passwords = accounts && { server, accounts, guesses: new Guesses(guesses) };
      const all = saslMechanisms(server, revocations, passwords, isEnabled);
      new Authentication(server, all, isEnabled);
    },
  };
}

class Authentication {
  readonly #external: readonly SaslMechanism[];
  readonly #others: readonly SaslMechanism[];
  /** There are three at most: with a certificate, and with and without channel binding. */
  readonly #offers = new Map<string, Element>();
  readonly #exchanges = new WeakMap<Stream, SaslExchange>();
  readonly #attempts = new WeakMap<Stream, number>();

  constructor(
    private readonly server: XmppServer,
    private readonly all: readonly SaslMechanism[],
    private readonly isEnabled: (name: string) => boolean,
  ) {
    const enabled = all.filter(({ name }) => isEnabled(name));
    this.#external = enabled.filter(({ name }) => name === 'EXTERNAL');
    this.#others = enabled.filter(({ name }) => name !== 'EXTERNAL');
    if (this.#others.length > 0) server.certificateOnly = false;
    server.advertise((stream) => (stream.account ? undefined : this.#offer(stream)));
    server.advertise((stream) => (stream.account ? undefined : this.#bindings(stream)));
    const { handlers } = server;
    handlers.onElement('connected', SASL_NS, 'auth', (stream, auth) => this.#begin(stream, auth));
    handlers.onElement('connected', SASL_NS, 'response', (stream, { text }) => this.#goOn(stream, text));
    handlers.onElement('connected', SASL_NS, 'abort', (stream) => this.#fail(stream, new SaslFailure('aborted')));
  }

  /** EXTERNAL alone to who can use it; what would be told beyond that is of no use to a device. */
  #offered(stream: Stream): SaslMechanism[] {
    const external = this.#external.find((mechanism) => mechanism.suits(stream));
    return external ? [external] : this.#others.filter((mechanism) => mechanism.suits(stream));
  }

  #offer(stream: Stream): Element {
    const offered = this.#offered(stream);
    if (offered.length === 0) {
      this.server.events.emit('refused', 'no-account', stream.peer.address);
      const text = `the client certificate names no account of ${this.server.domain}`;
      throw new StreamError('not-authorized', text);
    }
    const names = offered.map(({ name }) => name);
    const known = this.#offers.get(names.join());
    if (known) return known;
    const mechanisms = names.map((name) => element('mechanism', SASL_NS, {}, name));
    const offer = constant(element('mechanisms', SASL_NS, {}, ...mechanisms));
    this.#offers.set(names.join(), offer);
    return offer;
  }

  #bindings(stream: Stream): Element | undefined {
    if (!this.#offered(stream).some(({ name }) => name.endsWith('-PLUS'))) return undefined;
    return BINDINGS;
  }

  #begin(stream: Stream, auth: Element): void {
    if (stream.account) throw new StreamError('policy-violation', 'already authenticated');
    // An exchange that is left in the middle has failed, though nobody is told.
    if (this.#exchanges.delete(stream)) this.#countFailure(stream);
    this.#step(stream, () => {
      const exchange = this.#choose(stream, auth.attribute('mechanism')).begin(stream);
      this.#exchanges.set(stream, exchange);
      return exchange.respond(auth.text === '' ? undefined : bytesOf(auth.text));
    });
  }

  #goOn(stream: Stream, text: string): void {
    this.#step(stream, () => {
      const exchange = this.#exchanges.get(stream);
      if (!exchange) throw new SaslFailure('malformed-request', 'nothing was asked');
      return exchange.respond(bytesOf(text));
    });
  }

  #choose(stream: Stream, name: string | undefined): SaslMechanism {
    const known = this.all.find((mechanism) => mechanism.name === name);
    if (known && !this.isEnabled(known.name)) throw new SaslFailure('mechanism-too-weak');
    if (!known || !this.#offered(stream).includes(known)) throw new SaslFailure('invalid-mechanism');
    return known;
  }

  #step(stream: Stream, work: () => SaslStep | Promise<SaslStep>): void {
    try {
      const step = work();
      if (step instanceof Promise) void this.#later(stream, step);
      else this.#answer(stream, step);
    } catch (error) {
      this.#fail(stream, error);
    }
  }

  /** What the peer has sent already is read when the answer is known. */
  async #later(stream: Stream, pending: Promise<SaslStep>): Promise<void> {
    const readOn = stream.hold();
    try {
      const step = await pending;
      stream.guard('authenticating', () => this.#answer(stream, step));
    } catch (error) {
      stream.guard('authenticating', () => this.#fail(stream, error));
    }
    readOn();
  }

  #answer(stream: Stream, step: SaslStep): void {
    if ('challenge' in step) return stream.send(element('challenge', SASL_NS, {}, base64(step.challenge)));
    this.#exchanges.delete(stream);
    stream.account = step.account;
    stream.kind = step.kind;
    stream.send(element('success', SASL_NS, {}, ...(step.data === undefined ? [] : [base64(step.data)])));
    stream.restart();
  }

  #fail(stream: Stream, error: unknown): void {
    if (stream.account) throw new StreamError('policy-violation', 'already authenticated');
    this.#exchanges.delete(stream);
    if (!(error instanceof SaslFailure)) this.server.events.emit('fault', error, 'authenticating');
    const { condition, text } = error instanceof SaslFailure ? error : new SaslFailure('temporary-auth-failure');
    this.server.events.emit('refused', condition, stream.peer.address);
    const about = text === undefined ? [] : [element('text', SASL_NS, { 'xml:lang': 'en' }, text)];
    stream.send(element('failure', SASL_NS, {}, element(condition, SASL_NS), ...about));
    this.#countFailure(stream);
  }

  #countFailure(stream: Stream): void {
    const attempt = (this.#attempts.get(stream) ?? 0) + 1;
    this.#attempts.set(stream, attempt);
    if (attempt >= MAX_ATTEMPTS) throw new StreamError('policy-violation', 'too many failed attempts');
  }
}

const BINDINGS = constant(
  element('sasl-channel-binding', BINDING_NS, {}, element('channel-binding', BINDING_NS, { type: CHANNEL_BINDING })),
);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** `=` stands for no bytes at all (RFC 6120, section 6.4.2). @throws SaslFailure when it is not base64 (RFC 4648, section 4) */
function bytesOf(text: string): Buffer {
  if (text === '' || text === '=') return Buffer.alloc(0);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) throw new SaslFailure('incorrect-encoding');
  return Buffer.from(text, 'base64');
}
