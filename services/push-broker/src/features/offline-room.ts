import { CLIENT_NS } from '../core/namespaces';
import type { Delivery, Route } from '../core/router';
import { serialise } from '../core/xml/serialise';

/** Lets so many, and so much of them, in at once; one by one, in order. One alone may be larger. */
export class Room {
  #inside = 0;
  #length = 0;
  #waiting: (() => void) | undefined;

  constructor(
    private readonly most: number,
    private readonly mostLength: number,
  ) {}

  async entered(length: number): Promise<void> {
    while (this.#inside >= this.most || (this.#inside > 0 && this.#length + length > this.mostLength))
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#inside++;
    this.#length += length;
  }

  left(length: number): void {
    this.#inside--;
    this.#length -= length;
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** What waits, in order, until a resource has got what came before. */
export class Line {
  #waiting: Delivery[] = [];
  #length = 0;

  constructor(
    private readonly most: number,
    private readonly mostLength: number,
  ) {}

  get isTooLong(): boolean {
    return this.#waiting.length > this.most || this.#length > this.mostLength;
  }

  add(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#length += (delivery.stanza.source ?? serialise(delivery.stanza, CLIENT_NS)).length;
  }

  /** Gives all of it to the resource. */
  release(route: Route): void {
    for (const { stanza, delivered, lost } of this.#waiting.splice(0)) route.send(stanza, delivered, lost);
    this.#length = 0;
  }
}
