import { WAKE_CAUSES, WAKE_NAMESPACE, type WakeCause } from '@muster/contracts';
import type { Feature } from '../core/feature';
import { CLIENT_NS } from '../core/namespaces';
import type { XmppServer } from '../core/server';
import type { Session } from '../core/session';
import { element } from '../core/xml/element';

/** A peer that has not acknowledged a wake-up for this long (ms), though it is there, is not going to. */
const GIVEN_UP_AFTER = 30_000;

/** What became of a session's wake-ups of one cause. No state: nothing is on its way. */
interface OnItsWay {
  since: number;
  /** Another wake-up was asked for since; it follows when the first one has arrived. */
  again: boolean;
}

/**
 * Tells devices that something waits for them: a headline message from the domain whose only payload is `<wake/>`.
 * Since all wake-ups of a cause say the same, a device whose last one is still on its way gets one more at most, however
 * often it is asked for: the first may have been read just before the newest thing was written down.
 */
export class MessagePush implements Feature {
  readonly name = 'message-push';
  readonly specification = 'RFC 6121 5.2.2 (headline), urn:muster:push:1';
  readonly #onItsWay: Readonly<Record<WakeCause, WeakMap<Session, OnItsWay>>> = {
    operations: new WeakMap(),
    release: new WeakMap(),
  };
  #server: XmppServer | undefined;
  /** Wake-ups handed to connections since the start. */
  sent = 0;

  /** `handed` is told each time that a wake-up for operations was given to a live connection of a device. */
  constructor(private readonly handed: (session: Session) => void) {}

  install(server: XmppServer): void {
    this.#server = server;
    server.namespaces.add(WAKE_NAMESPACE);
    // A wake-up that waited for the device to come back has just been sent by stream management.
    server.events.on('online', (session) => {
      for (const cause of WAKE_CAUSES) if (this.#onItsWay[cause].has(session)) this.#count(session, cause);
    });
  }

  /** Wakes the sessions of an account. Does nothing when it has none here. */
  wake(account: string, cause: WakeCause = 'operations'): void {
    for (const session of this.#server?.sessions.of(account) ?? []) {
      const before = this.#onItsWay[cause].get(session);
      const waiting = before && (!session.stream || Date.now() - before.since < GIVEN_UP_AFTER);
      if (waiting) before.again = true;
      else this.#send(session, cause);
    }
  }

  #send(session: Session, cause: WakeCause): void {
    const onItsWay = this.#onItsWay[cause];
    const state: OnItsWay = { since: Date.now(), again: false };
    onItsWay.set(session, state);
    const online = session.stream !== undefined;
    const attributes = { type: 'headline', from: this.#server?.domain, to: session.jid.toString() };
    const about = cause === 'operations' ? {} : { about: cause };
    session.send(element('message', CLIENT_NS, attributes, element('wake', WAKE_NAMESPACE, about)), () => {
      if (onItsWay.get(session) === state) onItsWay.delete(session);
      if (state.again) this.#send(session, cause);
    });
    if (online) this.#count(session, cause);
  }

  /** Only operations have a state that says that their device was told. */
  #count(session: Session, cause: WakeCause): void {
    this.sent++;
    if (cause === 'operations') this.handed(session);
  }
}
