import type { Feature } from '../core/feature';
import { CLIENT_NS } from '../core/namespaces';
import type { OfflineMessage, OfflineStore } from '../core/offline';
import type { Absentees, Delivery, Outcome, Route, Routed } from '../core/router';
import type { XmppServer } from '../core/server';
import { Session } from '../core/session';
import { StreamError } from '../core/stream-error';
import { serialise } from '../core/xml/serialise';
import { delayed } from './delayed';
import { HINTS_NS, mayWait } from './hints';
import { Line, Room } from './offline-room';

/** Messages that one session is sent before the first of them arrived, and their characters: queues are bounded. */
const WINDOW = 50;
const WINDOW_LENGTH = 262_144;

export interface OfflineOptions {
  store: OfflineStore;
  /** Seconds that a message waits. */
  seconds: number;
  /** Whether an account exists that is not here, or may. */
  exists: (localpart: string) => boolean | Promise<boolean>;
  /** Stanzas, and characters of them, that the queue of a session takes: older messages and newer ones behind them. */
  queueLength: number;
  queueBytes: number;
}

/**
 * Offline messages. What nobody is there for waits in a store, and goes out in order as soon as a resource says that it
 * takes messages; what comes meanwhile waits behind it. It leaves the store when the session's carrier says that the
 * peer has it: with stream management a connection that breaks halfway loses nothing and doubles nothing. A session
 * that ends before leaves it to the next.
 */
export class OfflineMessages implements Feature, Absentees {
  readonly name = 'offline-messages';
  readonly specification = 'XEP-0160 1.0.1, XEP-0334 0.4.0';
  #server: XmppServer | undefined;
  /** Messages that are on their way to a session, by account. */
  readonly #onTheirWay = new Map<string, Set<number>>();
  /** Sessions that are being sent what waits. `again`: more came meanwhile. */
  readonly #delivering = new Map<Session, { again: boolean; line: Line }>();
  /** The newest message of each account that is being stored: they are stored in order, however long one takes. */
  readonly #keeping = new Map<string, Promise<unknown>>();
  readonly #window: number;
  readonly #windowLength: number;
  /** Since the start. */
  readonly counts = { stored: 0, refused: 0, delivered: 0 };

  constructor(private readonly options: OfflineOptions) {
    this.#window = Math.max(1, Math.min(WINDOW, Math.floor(options.queueLength / 2)));
    this.#windowLength = Math.min(WINDOW_LENGTH, Math.floor(options.queueBytes / 2));
  }

  install(server: XmppServer): void {
    this.#server = server;
    server.router.absentees = this;
    for (const namespace of ['msgoffline', HINTS_NS]) server.namespaces.add(namespace);
    server.events.on('available', (session) => this.#start(session));
    this.options.store.onReady(() => {
      for (const session of server.sessions.all()) this.#start(session);
    });
  }

  keep(routed: Routed): Outcome | Promise<Outcome> {
    if (!mayWait(routed.stanza)) return 'unknown';
    const account = routed.to.bare;
    const before = this.#keeping.get(account) ?? Promise.resolve();
    const kept = before.catch(() => undefined).then(() => this.#keep(routed));
    const done = kept
      .catch(() => undefined)
      .then(() => {
        if (this.#keeping.get(account) === done) this.#keeping.delete(account);
      });
    this.#keeping.set(account, done);
    return kept;
  }

  kept(once: string): boolean {
    return this.options.store.kept(once);
  }

  /** Fulfilled when what was given to be kept has been stored or refused, also what waits for whether its account exists. */
  async stop(): Promise<void> {
    while (this.#keeping.size > 0) await Promise.all(this.#keeping.values());
  }

  holds(route: Route, delivery: Delivery): boolean {
    const state = route instanceof Session ? this.#delivering.get(route) : undefined;
    if (!state || !(route instanceof Session)) return false;
    state.line.add(delivery);
    // Its end gives all of them back, in order: they are kept behind what waits.
    if (state.line.isTooLong)
      route.end(new StreamError('resource-constraint', 'too much waits behind earlier messages'));
    return true;
  }

  async #keep({ to, stanza, once }: Routed): Promise<Outcome> {
    if (!(await this.options.exists(to.local))) return 'unknown';
    const expiresAt = new Date(Date.now() + this.options.seconds * 1000);
    const outcome = await this.options.store.keep(to.bare, serialise(stanza, CLIENT_NS), expiresAt, once);
    this.counts[outcome]++;
    // Somebody may have come while it was being stored.
    this.#startOne(to.bare);
    return outcome;
  }

  #start(session: Session): void {
    if ((session.priority ?? -1) < 0 || session.ended || !this.options.store.has(session.jid.bare)) return;
    const before = this.#delivering.get(session);
    if (before) {
      before.again = true;
      return;
    }
    const { queueLength, queueBytes } = this.options;
    const line = new Line(queueLength - this.#window, queueBytes - this.#windowLength);
    const state = { again: false, line };
    this.#delivering.set(session, state);
    void this.#deliverAll(session, state)
      .catch((error: unknown) => this.#server?.events.emit('fault', error, 'delivering offline messages'))
      .finally(() => {
        this.#delivering.delete(session);
        line.release(session);
      });
  }

  async #deliverAll(session: Session, state: { again: boolean }): Promise<void> {
    do {
      state.again = false;
      await this.#deliver(session);
    } while (state.again && !session.ended);
  }

  /** To the resource of an account that takes messages first. */
  #startOne(account: string): void {
    const takers = this.#server?.sessions.of(account).filter(({ priority = -1 }) => priority >= 0) ?? [];
    const [first] = [...takers].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
    if (first) this.#start(first);
  }

  async #deliver(session: Session): Promise<void> {
    const account = session.jid.bare;
    const room = new Room(this.#window, this.#windowLength);
    for await (const message of this.options.store.take(account)) {
      await room.entered(message.xml.length);
      if (session.ended || (session.priority ?? -1) < 0) return;
      const ids = this.#onTheirWay.get(account) ?? new Set<number>();
      if (ids.has(message.id)) {
        room.left(message.xml.length);
        continue;
      }
      this.#onTheirWay.set(account, ids.add(message.id));
      this.#send(session, message, () => room.left(message.xml.length));
    }
  }

  #send(session: Session, message: OfflineMessage, left: () => void): void {
    const { domain } = session.jid;
    const account = session.jid.bare;
    session.send(
      delayed(message.xml, account, message.storedAt, domain),
      () => {
        this.counts.delivered++;
        void this.options.store.remove(account, message.id).finally(() => this.#settled(account, message.id));
        left();
      },
      () => {
        this.#settled(account, message.id);
        left();
        this.#startOne(account);
      },
    );
  }

  #settled(account: string, id: number): void {
    const ids = this.#onTheirWay.get(account);
    ids?.delete(id);
    if (ids?.size === 0) this.#onTheirWay.delete(account);
  }
}
