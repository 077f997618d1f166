import type { Jid } from './jid';
import type { RouteTable } from './router';
import type { Session } from './session';

/** All sessions of this node, those without a connection included, by account. */
export class SessionRegistry implements RouteTable {
  readonly #byAccount = new Map<string, Session[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Sessions of a bare JID's account. */
  of(account: string): readonly Session[] {
    return this.#byAccount.get(account) ?? [];
  }

  sessionsOf(bare: string): readonly Session[] {
    return this.of(bare);
  }

  find(jid: Jid): Session | undefined {
    return this.of(jid.bare).find((session) => session.jid.resource === jid.resource);
  }

  *all(): Generator<Session> {
    for (const sessions of this.#byAccount.values()) yield* sessions;
  }

  add(session: Session): void {
    this.#byAccount.set(session.jid.bare, [...this.of(session.jid.bare), session]);
    this.#count++;
  }

  remove(session: Session): void {
    const rest = this.of(session.jid.bare).filter((other) => other !== session);
    if (rest.length > 0) this.#byAccount.set(session.jid.bare, rest);
    else this.#byAccount.delete(session.jid.bare);
    this.#count--;
  }
}
