import type { TLSSocket } from 'node:tls';
import { WAKE_CAUSES, WAKE_NAMESPACE, type WakeCause } from '@muster/contracts';
import { reason } from '../state/log';
import { child, type Element, escapeXml, StanzaReader } from './stanza-reader';

const STREAM = 'http://etherx.jabber.org/streams';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const PING = 'urn:xmpp:ping';
const SM = 'urn:xmpp:sm:3';

export interface PushEvents {
  /** The resource is bound: from here on a wake-up reaches this device. */
  ready(jid: string): void;
  /** What it does not know is taken for operations, whose sync brings everything. */
  woken(about: WakeCause): void;
  /** Once, whatever the cause. */
  closed(why: string): void;
}

/**
 * One XMPP stream over an open TLS connection: SASL EXTERNAL (XEP-0178), resource binding, stream management without
 * resumption (XEP-0198), ping (XEP-0199). Nothing here needs an old stream back: after each connect the device syncs,
 * which brings everything that a lost wake-up would have told; so acknowledgements only serve to notice a dead peer.
 */
export class PushStream {
  private phase: 'authenticate' | 'bind' | 'ready' | 'closed' = 'authenticate';
  private reader = this.newReader();
  private handled = 0;
  private managed = false;
  private deadline?: NodeJS.Timeout;
  private identifier = 0;

  constructor(
    private readonly socket: TLSSocket,
    private readonly domain: string,
    private readonly events: PushEvents,
    private readonly answerWithinMs = 30_000,
  ) {
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('error', (error) => this.close(reason(error)));
    socket.on('close', () => this.close('the server closed the connection'));
    this.expectAnswer();
    this.openStream();
  }

  /** Asks the server for a sign of life; the stream ends when none comes in time. */
  probe(): void {
    if (this.phase !== 'ready' || this.deadline) return;
    this.expectAnswer();
    if (this.managed) this.send(`<r xmlns='${SM}'/>`);
    else this.send(`<iq type='get' id='p${this.identifier++}' to='${this.domain}'><ping xmlns='${PING}'/></iq>`);
  }

  close(why: string): void {
    if (this.phase === 'closed') return;
    if (this.phase === 'ready') this.socket.write('</stream:stream>');
    this.phase = 'closed';
    clearTimeout(this.deadline);
    this.socket.end();
    // A peer that does not answer the end must not keep the socket.
    setTimeout(() => this.socket.destroy(), 1000).unref();
    this.events.closed(why);
  }

  private receive(bytes: Buffer): void {
    if (this.phase === 'closed') return;
    clearTimeout(this.deadline);
    this.deadline = undefined;
    try {
      this.reader.write(bytes);
    } catch (error) {
      this.close(`the server sent what is not XMPP: ${reason(error)}`);
      return;
    }
    if (this.phase === 'authenticate' || this.phase === 'bind') this.expectAnswer();
  }

  private expectAnswer(): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(
      () => this.close(`the server did not answer within ${this.answerWithinMs} ms`),
      this.answerWithinMs,
    );
  }

  private newReader(): StanzaReader {
    return new StanzaReader({
      opened: () => undefined,
      element: (element) => this.handle(element),
      ended: () => this.close('the server ended the stream'),
    });
  }

  private openStream(): void {
    this.send(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${STREAM}' version='1.0' to='${escapeXml(this.domain)}'>`,
    );
  }

  private send(text: string): void {
    if (this.phase !== 'closed') this.socket.write(text);
  }

  private handle(element: Element): void {
    if (element.namespace === STREAM && element.name === 'error') {
      const condition = element.children.map((item) => item.name).join(', ');
      return this.close(`the server ended the stream with ${condition}`);
    }
    if (element.namespace === STREAM && element.name === 'features') return this.negotiate(element);
    if (element.namespace === SASL) return this.authenticated(element);
    if (element.namespace === SM) return this.manage(element);
    if (['message', 'presence', 'iq'].includes(element.name)) this.handled = (this.handled + 1) >>> 0;
    if (element.name === 'iq') return this.handleQuery(element);
    if (element.name !== 'message' || element.attributes['from'] !== this.domain) return;
    const wake = child(element, 'wake', WAKE_NAMESPACE);
    if (wake) this.events.woken(WAKE_CAUSES.find((cause) => cause === wake.attributes['about']) ?? 'operations');
  }

  private negotiate(features: Element): void {
    if (this.phase === 'bind') {
      this.managed = child(features, 'sm', SM) !== undefined;
      return this.send(`<iq type='set' id='bind'><bind xmlns='${BIND}'/></iq>`);
    }
    const offered = child(features, 'mechanisms', SASL)?.children.map((mechanism) => mechanism.text) ?? [];
    if (!offered.includes('EXTERNAL')) return this.close('the server does not offer SASL EXTERNAL');
    // `=` is an empty initial response: the identity is the certificate's (RFC 6120, section 6.4.2).
    this.send(`<auth xmlns='${SASL}' mechanism='EXTERNAL'>=</auth>`);
  }

  private authenticated(element: Element): void {
    if (element.name !== 'success') {
      const condition = element.children.map((item) => item.name).join(', ');
      return this.close(`the server refused this device: ${condition}`);
    }
    this.phase = 'bind';
    this.reader = this.newReader();
    this.openStream();
  }

  private handleQuery(query: Element): void {
    const { type, id = '', from } = query.attributes;
    if (this.phase === 'bind' && id === 'bind') {
      const jid = child(query.children[0] ?? query, 'jid')?.text;
      if (type !== 'result' || !jid) return this.close('the server refused to bind a resource');
      this.phase = 'ready';
      if (this.managed) this.send(`<enable xmlns='${SM}'/>`);
      this.send('<presence/>');
      return this.events.ready(jid);
    }
    if (type !== 'get' && type !== 'set') return;
    const to = from ? ` to='${escapeXml(from)}'` : '';
    const head = `<iq id='${escapeXml(id)}'${to}`;
    if (type === 'get' && child(query, 'ping', PING)) return this.send(`${head} type='result'/>`);
    this.send(
      `${head} type='error'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    );
  }

  private manage(element: Element): void {
    // The count begins here, not where it was asked for: a wake-up may come in between (XEP-0198, section 4).
    if (element.name === 'enabled') this.handled = 0;
    if (element.name === 'r') this.send(`<a xmlns='${SM}' h='${this.handled}'/>`);
    if (element.name === 'failed') this.managed = false;
  }
}
