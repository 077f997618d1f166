import type { InventorySection } from '@muster/contracts';
import type { AnySource, Found, Source } from '../source';

/** Numbers below 2^32 that are the same in each run. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // xorshift32
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** A source of a section that gives what `items` holds in the moment, or throws what `failure` holds. */
export class MadeUpSource<S extends InventorySection> {
  items: Array<Found<S>> = [];
  failure?: Error;
  unreadable: Array<{ what: string; why: string }> = [];
  readonly source: AnySource;

  constructor(section: S, name = 'made-up', keys?: string) {
    const source: Source<S> = {
      section,
      source: name,
      platforms: ['linux', 'macos', 'windows'],
      keys,
      collect: () =>
        this.failure
          ? Promise.reject(this.failure)
          : Promise.resolve({ items: this.items, unreadable: this.unreadable }),
    };
    this.source = source as AnySource;
  }
}
