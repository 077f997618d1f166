import type { Socket } from 'node:net';
import { Shaper } from '../shaper';
import { UnderWay } from './under-way';

/** Connections that begin in a row. */
const IN_A_ROW = 16;
/** Milliseconds for taking in a crowd before the next ones begin. */
const TAKING_IN_MS = 5;

interface Waiting {
  socket: Socket;
  begin: Begin;
}

/** Calls `done` when it is over, as often as it likes. */
type Begin = (done: () => void) => void;

export interface AcceptQueueOptions {
  /** That begin in a second; 0: no limit. */
  perSecond: number;
  /** That are under way at the same time; 0: no limit. */
  atOnce: number;
  /** Milliseconds after which one that is under way waits for its peer, and counts no longer. */
  countsMs: number;
}

/**
 * Shapes how many connections and handshakes begin in a second, and how many are under way: what comes faster waits in
 * the order of its arrival, and is not refused.
 *
 * Where thousands return at once, those that came first are to be through first. If all were begun, each would wait for
 * all others at each of its steps, and the first would be through as late as the last: later than it may take.
 *
 * libuv takes one connection from the kernel in each turn of the event loop, and a handshake costs half a millisecond:
 * where each is begun as it comes, a thousand that return at once make turns so long that the kernel's backlog runs
 * over, and who was dropped there tries again after one second, three, seven. So while a crowd is still coming it is
 * taken in first, which costs next to nothing, with a pause between the handfuls that begin. A socket that waits is
 * paused: what its peer sent stays in the kernel.
 */
export class AcceptQueue {
  readonly #shaper: Shaper | undefined;
  readonly #underWay: UnderWay;
  #waiting: Waiting[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether somebody came since the last turn. */
  #coming = false;
  #inARow = 0;
  #lastBegun = 0;
  /** When the next one may begin, `performance.now`. */
  #notBefore = 0;

  constructor({ perSecond, atOnce, countsMs }: AcceptQueueOptions) {
    // A twentieth of a second at once, so that the usual handful does not wait at all.
    if (perSecond > 0) this.#shaper = new Shaper(perSecond, Math.max(1, perSecond / 20), performance.now());
    this.#underWay = new UnderWay(atOnce > 0 ? atOnce : Number.POSITIVE_INFINITY, countsMs);
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Calls `begin` when it is the socket's turn, which may be at once; never when it was closed meanwhile. */
  add(socket: Socket, begin: Begin): void {
    this.#waiting.push({ socket, begin });
    this.#coming = true;
    if (!this.#timer) this.#soon();
  }

  /** Forgets all that wait. */
  clear(): void {
    clearImmediate(this.#scheduled);
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scheduled ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = this.#timer = undefined;
    let taken = 0;
    if (performance.now() - this.#lastBegun > TAKING_IN_MS) this.#inARow = 0;
    while (this.#inARow < IN_A_ROW && this.#wait() === 0) {
      const next = this.#waiting[taken];
      if (!next) break;
      taken++;
      if (!next.socket.destroyed) this.#begin(next.begin);
    }
    this.#waiting.splice(0, taken);
    if (taken > 0) this.#lastBegun = performance.now();
    if (this.#inARow >= IN_A_ROW) {
      this.#inARow = 0;
      if (this.#coming) this.#notBefore = Math.max(this.#notBefore, performance.now() + TAKING_IN_MS);
    }
    this.#coming = false;
    if (this.#waiting.length === 0) return;
    const wait = this.#wait();
    if (wait > 0) this.#timer = setTimeout(() => this.#turn(), wait);
    else this.#soon();
  }

  #begin(begin: Begin): void {
    const now = performance.now();
    this.#inARow++;
    this.#notBefore = now + (this.#shaper?.take(1, now) ?? 0);
    const over = this.#underWay.add(now);
    begin(() => {
      if (over() && this.#waiting.length > 0) this.#soon();
    });
  }

  /** Milliseconds until the next one may begin. */
  #wait(): number {
    const now = performance.now();
    return Math.max(0, this.#notBefore - now, this.#underWay.wait(now));
  }
}
