import type { AccountKind } from './accounts';
import type { Jid } from './jid';
import { StanzaError, answersErrors, errorReply } from './stanza-error';
import type { Element } from './xml/element';

/**
 * What became of a stanza. `delivered`: a connection took it, or the queue that survives a resumption; `stored`: kept
 * until its addressee comes; `unknown`: nobody is there who could take it, and it is not of a kind that is kept;
 * `refused`: it would have been kept, but a limit or the store forbids it.
 */
export type Outcome = 'delivered' | 'stored' | 'unknown' | 'refused';

/** A stanza on its way. Addresses are checked and in their normal form, and whether it may go there was asked before. */
export interface Routed {
  name: 'message' | 'presence' | 'iq';
  from: Jid;
  /** An account of this server, or one of its resources. */
  to: Jid;
  type?: string;
  id?: string;
  /** With the true `from` and with `to`. */
  stanza: Element;
  /** Names it among all that are ever sent, where it may come a second time; one that is being kept is then dropped. */
  once?: string;
}

/** Brings stanzas to the accounts of this server (RFC 6121, section 8.5). */
export interface Router {
  /** Sends no errors for what it did not bring there at once; that is the caller's to do (`unreachable`). */
  route(routed: Routed): Outcome | Promise<Outcome>;
}

/** Who may talk to whom. */
export interface Policy {
  mayReach(from: { jid: Jid; kind: AccountKind }, to: Jid): boolean;
}

/** A connected resource, in this process or wherever. `Session` is one. */
export interface Route {
  readonly jid: Jid;
  /** Of its presence; undefined while it has not said that it is available. */
  readonly priority: number | undefined;
  /** Exactly one of the two is called, once: the peer has the stanza, or the resource went without having taken it. */
  send(stanza: Element, delivered?: () => void, lost?: () => void): void;
}

/** Finds resources. `SessionRegistry` knows those of this process; one that asks other nodes can take its place. */
export interface RouteTable {
  /** All resources of a bare address. */
  sessionsOf(bare: string): readonly Route[];
  /** The resource with this full address. */
  find(full: Jid): Route | undefined;
}

/** A stanza for one resource; see `Route.send`. */
export interface Delivery {
  stanza: Element;
  delivered: () => void;
  lost: () => void;
}

/** Where messages go whose addressee is not there (RFC 6121, section 8.5.2.2.1). */
export interface Absentees {
  keep(routed: Routed): Outcome | Promise<Outcome>;
  /** Whether this one was kept when it came before; see `Routed.once`. */
  kept?(once: string): boolean;
  /**
   * Whether what was kept is still on its way to a resource, so that what is newer has to wait behind it (RFC 6120,
   * section 10.1). It is then given to the resource when its turn has come.
   */
  holds?(route: Route, delivery: Delivery): boolean;
}

const NOBODY: Absentees = { keep: () => 'unknown' };

/**
 * Routing by RFC 6121, section 8.5. A message to a bare address goes to the most available resources, a headline to
 * all that take messages; one with negative priority gets none of them. What a session lost that was not resumed goes
 * on to wherever it would have gone without that session.
 */
export class LocalRouter implements Router {
  absentees: Absentees = NOBODY;

  constructor(private readonly table: RouteTable) {}

  route(routed: Routed): Outcome | Promise<Outcome> {
    const { name, to, once } = routed;
    if (once !== undefined && this.absentees.kept?.(once)) return 'stored';
    const exact = to.resource === '' ? undefined : this.table.find(to);
    if (exact) return this.#hand(routed, [exact]);
    if (name === 'message') return this.#message(routed);
    // The server answers an iq to a bare address itself, and presence for nobody is forgotten.
    if (name === 'iq' || to.resource !== '') return 'unknown';
    return this.#hand(routed, available(this.table.sessionsOf(to.bare)));
  }

  /** No resource has exactly this address. */
  #message(routed: Routed): Outcome | Promise<Outcome> {
    const bare = routed.to.resource === '';
    const type = messageType(routed.type);
    const sessions = this.table.sessionsOf(routed.to.bare);
    if (type === 'headline' && bare)
      return this.#hand(
        routed,
        sessions.filter(({ priority = -1 }) => priority >= 0),
      );
    if (type !== 'chat' && !(type === 'normal' && bare)) return 'unknown';
    const takers = mostAvailable(sessions);
    return takers.length > 0 ? this.#hand(routed, takers) : this.absentees.keep(routed);
  }

  #hand(routed: Routed, routes: readonly Route[]): Outcome {
    let left = routes.length;
    let taken = false;
    const delivery: Delivery = {
      stanza: routed.stanza,
      delivered: () => (taken = true),
      lost: () => {
        // Among equals one suffices.
        if (--left === 0 && !taken) void this.#reroute(routed);
      },
    };
    for (const route of routes)
      if (!this.absentees.holds?.(route, delivery)) route.send(delivery.stanza, delivery.delivered, delivery.lost);
    return routes.length > 0 ? 'delivered' : 'unknown';
  }

  /** All that were to have it went without it (XEP-0198, section 5): to its account's others, or kept, or sent back. */
  async #reroute(routed: Routed): Promise<void> {
    if (routed.name === 'presence') return;
    const type = routed.name === 'message' ? messageType(routed.type) : undefined;
    const outcome =
      type === 'chat' || type === 'normal'
        ? await this.route({ ...routed, to: routed.to.withResource('') })
        : 'unknown';
    if (outcome === 'delivered' || outcome === 'stored' || !answersErrors(routed.stanza)) return;
    if (type === 'headline') return;
    await this.route({
      name: routed.name,
      from: routed.to,
      to: routed.from,
      type: 'error',
      stanza: errorReply(routed.stanza, new StanzaError('recipient-unavailable')),
    });
  }
}

/** Whether nobody but its addressee looks inside of a stanza: messages to accounts, and what goes to one resource. */
export function isRelayed(name: string, attributes: ReadonlyMap<string, string>): boolean {
  const to = attributes.get('to') ?? '';
  const at = to.indexOf('@');
  return at > 0 && (name === 'message' || (name === 'iq' && to.indexOf('/', at) > 0));
}

/** The error for the sender of a stanza that was not delivered; undefined where silence is the answer. */
export function unreachable(routed: Routed, outcome: Outcome): StanzaError | undefined {
  if (outcome === 'delivered' || outcome === 'stored') return undefined;
  if (routed.name === 'presence' || !answersErrors(routed.stanza)) return undefined;
  // RFC 6121, section 8.5.2.2.1: silence for headlines to a bare address.
  if (routed.name === 'message' && routed.type === 'headline' && routed.to.resource === '') return undefined;
  return new StanzaError('service-unavailable');
}

const MESSAGE_TYPES = ['normal', 'chat', 'headline', 'groupchat', 'error'] as const;
type MessageType = (typeof MESSAGE_TYPES)[number];

/** One that is absent or not understood is `normal` (RFC 6121, section 5.2.2). */
export const messageType = (type: string | undefined): MessageType =>
  MESSAGE_TYPES.find((known) => known === type) ?? 'normal';

/** Those with the highest priority, if that is not negative. */
function mostAvailable(routes: readonly Route[]): Route[] {
  const most: Route[] = [];
  let highest = 0;
  for (const route of routes) {
    const { priority = -1 } = route;
    if (priority < highest) continue;
    if (priority > highest) most.length = 0;
    highest = priority;
    most.push(route);
  }
  return most;
}

const available = (routes: readonly Route[]): readonly Route[] =>
  routes.filter(({ priority }) => priority !== undefined);
