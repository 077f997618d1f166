import type { EventEmitter } from 'node:events';
import { CLIENT_NS } from './namespaces';
import type { ServerEvents } from './server';
import type { Session } from './session';
import { type Element, element } from './xml/element';

type Settle = (answer: Element | undefined) => void;

/** IQ requests of the server to its peers (RFC 6120, section 8.2.3), and the answers that are awaited. */
export class IqRequests {
  readonly #pending = new Map<Session, Map<string, Settle>>();
  #counter = 0;

  constructor(events: EventEmitter<ServerEvents>) {
    events.on('offline', (session) => this.#forget(session));
  }

  /**
   * Asks the peer of a session that is online.
   * @returns the answer, result or error; undefined when none came in time or the connection was lost
   */
  ask(
    session: Session,
    type: 'get' | 'set',
    from: string,
    payload: Element,
    timeoutMs: number,
  ): Promise<Element | undefined> {
    const id = `muster-${(this.#counter = (this.#counter + 1) % Number.MAX_SAFE_INTEGER).toString(36)}`;
    return new Promise((resolve) => {
      const pending = this.#pending.get(session) ?? new Map<string, Settle>();
      this.#pending.set(session, pending);
      const timer = setTimeout(() => this.settle(session, id, undefined), timeoutMs);
      pending.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      session.send(element('iq', CLIENT_NS, { type, id, from, to: session.jid.toString() }, payload));
    });
  }

  /** An answer arrived. One that nobody waits for is ignored. */
  settle(session: Session, id: string, answer: Element | undefined): void {
    const pending = this.#pending.get(session);
    const settle = pending?.get(id);
    if (!pending || !settle) return;
    pending.delete(id);
    if (pending.size === 0) this.#pending.delete(session);
    settle(answer);
  }

  #forget(session: Session): void {
    for (const id of [...(this.#pending.get(session)?.keys() ?? [])]) this.settle(session, id, undefined);
  }
}
