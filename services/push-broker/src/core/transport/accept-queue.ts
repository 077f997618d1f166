import type { Socket } from 'node:net';
import { Shaper } from '../shaper';

/** Connections that begin in a row. */
const IN_A_ROW = 16;
/** Milliseconds for taking in a crowd before the next ones begin. */
const TAKING_IN_MS = 5;

interface Waiting {
  socket: Socket;
  begin: () => void;
}

/**
 * Shapes how many connections and handshakes begin in a second: what comes faster waits in the order of its arrival, and
 * is not refused.
 *
 * libuv takes one connection from the kernel in each turn of the event loop, and a handshake costs half a millisecond:
 * where each is begun as it comes, a thousand that return at once make turns so long that the kernel's backlog runs
 * over, and who was dropped there tries again after one second, three, seven. So while a crowd is still coming it is
 * taken in first, which costs next to nothing, with a pause between the handfuls that begin. A socket that waits is
 * paused: what its peer sent stays in the kernel.
 */
export class AcceptQueue {
  readonly #shaper: Shaper | undefined;
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether somebody came since the last turn. */
  #coming = false;
  #inARow = 0;
  #lastBegun = 0;

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
    this.#coming = true;
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
    if (performance.now() - this.#lastBegun > TAKING_IN_MS) this.#inARow = 0;
    while (this.#inARow < IN_A_ROW && wait === 0) {
      const next = this.#waiting[taken];
      if (!next) break;
      taken++;
      if (next.socket.destroyed) continue;
      this.#inARow++;
      next.begin();
      wait = this.#shaper?.take(1, performance.now()) ?? 0;
    }
    this.#waiting.splice(0, taken);
    if (taken > 0) this.#lastBegun = performance.now();
    if (this.#inARow >= IN_A_ROW) {
      this.#inARow = 0;
      if (this.#coming) wait = Math.max(wait, TAKING_IN_MS);
    }
    this.#coming = false;
    if (this.#waiting.length === 0 && wait === 0) return;
    if (wait > 0) this.#timer = setTimeout(() => this.#turn(), wait);
    else this.#scheduled = setImmediate(() => this.#turn());
  }
}
