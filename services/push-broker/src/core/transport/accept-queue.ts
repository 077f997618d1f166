import type { Socket } from 'node:net';
import { Shaper } from '../shaper';

/** Connections that begin in one turn of the event loop, which takes one new connection a turn from the kernel. */
const PER_TURN = 16;

interface Waiting {
  socket: Socket;
  begin: () => void;
}

/**
 * Shapes how many connections and handshakes begin in a second: what comes faster waits in the order of its arrival, and
 * is not refused. A handshake costs about half a millisecond of processor time, and libuv takes one connection from the
 * kernel in each turn of the event loop; so turns must stay short for the kernel's backlog to drain while thousands
 * come back at once. A socket that waits is paused: what its peer sent stays in the kernel.
 */
export class AcceptQueue {
  readonly #shaper: Shaper | undefined;
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `perSecond` 0: no limit, only the turns are kept short. */
  constructor(perSecond: number) {
    // A twentieth of a second at once, so that the usual handful does not wait at all.
    if (perSecond > 0) this.#shaper = new Shaper(perSecond, Math.max(1, perSecond / 20), performance.now());
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Calls `begin` when it is the socket's turn, which may be at once; never when it was closed meanwhile. */
  add(socket: Socket, begin: () => void): void {
    this.#waiting.push({ socket, begin });
    if (!this.#timer) this.#scheduled ??= setImmediate(() => this.#turn());
  }

  /** Forgets all that wait. */
  clear(): void {
    clearImmediate(this.#scheduled);
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #turn(): void {
    this.#scheduled = this.#timer = undefined;
    let taken = 0;
    let wait = 0;
    for (let begun = 0; begun < PER_TURN && wait === 0;) {
      const next = this.#waiting[taken];
      if (!next) break;
      taken++;
      if (next.socket.destroyed) continue;
      begun++;
      next.begin();
      wait = this.#shaper?.take(1, performance.now()) ?? 0;
    }
    this.#waiting.splice(0, taken);
    if (this.#waiting.length === 0 && wait === 0) return;
    if (wait > 0) this.#timer = setTimeout(() => this.#turn(), wait);
    else this.#scheduled = setImmediate(() => this.#turn());
  }
}
