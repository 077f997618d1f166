import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { Element } from '../core/xml/element';
import { StreamParser } from '../core/xml/stream-parser';
import { AUTH, BIND, HEADER } from './dialogue';

const SM_NS = 'urn:xmpp:sm:3';

/**
 * A client with stream management, as XEP-0198 wants it and no more: it counts, acknowledges, keeps what was not
 * acknowledged, and sends that again after a resumption. Connections are given to it and may break at any time.
 */
export class ResumingClient {
  /** Stanzas that it took, in order. */
  readonly taken: Element[] = [];
  resumptions = 0;
  /** Its full address. */
  jid = '';
  /** Stanzas that it sent again, and those that a resumption acknowledged, so that they needed not be. */
  resent = 0;
  hadArrived = 0;
  #socket: TLSSocket | undefined;
  #session: string | undefined;
  #inbound = 0;
  #acknowledged = 0;
  #unacknowledged: string[] = [];
  #ready = false;
  #told: (() => void) | undefined;

  /** Stanzas that the server has not acknowledged. */
  get waiting(): number {
    return this.#unacknowledged.length;
  }

  /** Whether it is connected and has its session. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Sends now, or when there is a connection again. */
  send(xml: string): void {
    this.#unacknowledged.push(xml);
    if (this.#ready) this.#socket?.write(`${xml}<r xmlns='${SM_NS}'/>`);
  }

  /** Binds a session on the connection, or resumes the one that there was. Ends when that is done, or the connection. */
  async connect(socket: TLSSocket): Promise<void> {
    this.#socket = socket;
    const parser = new StreamParser(
      {
        header: () => undefined,
        element: (element) => {
          if (element.name === 'success') parser.restart();
          else if (this.#socket === socket) this.#received(element);
        },
        footer: () => undefined,
      },
      10_000_000,
    );
    socket.on('data', (bytes: Buffer) => parser.write(bytes));
    const resume = `<resume xmlns='${SM_NS}' previd='${this.#session}' h='${this.#inbound}'/>`;
    const signOn = this.#session ? resume : `${BIND}<enable xmlns='${SM_NS}' resume='true'/>`;
    socket.write(HEADER + AUTH + HEADER + signOn);
    const done = new Promise<void>((resolve) => (this.#told = resolve));
    await Promise.race([done, once(socket, 'close')]);
  }

  /** The connection breaks, with whatever is on its way in either direction. */
  cut(): void {
    this.#ready = false;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #received(element: Element): void {
    if (element.namespace === SM_NS) return this.#managed(element);
    if (!this.#ready && element.attribute('id') === 'bind') {
      this.jid = element.elements[0]?.elements[0]?.text ?? '';
      return;
    }
    if (!['message', 'presence', 'iq'].includes(element.name)) return;
    this.#inbound++;
    this.taken.push(element);
  }

  #managed(element: Element): void {
    const h = Number(element.attribute('h'));
    switch (element.name) {
      case 'r':
        this.#socket?.write(`<a xmlns='${SM_NS}' h='${this.#inbound}'/>`);
        return;
      case 'a':
        return this.#settle(h);
      case 'enabled':
        this.#session = element.attribute('id');
        return this.#goOn();
      case 'resumed':
        this.resumptions++;
        this.hadArrived += h - this.#acknowledged;
        this.#settle(h);
        this.resent += this.#unacknowledged.length;
        return this.#goOn();
      default:
        throw new Error(`the server answered <${element.name}/>: ${element.elements[0]?.name}`);
    }
  }

  #settle(h: number): void {
    const count = h - this.#acknowledged;
    if (count < 0 || count > this.#unacknowledged.length) throw new Error(`${h} cannot be acknowledged`);
    this.#unacknowledged.splice(0, count);
    this.#acknowledged = h;
  }

  #goOn(): void {
    this.#ready = true;
    for (const xml of this.#unacknowledged) this.#socket?.write(xml);
    if (this.#unacknowledged.length > 0) this.#socket?.write(`<r xmlns='${SM_NS}'/>`);
    this.#told?.();
  }
}
