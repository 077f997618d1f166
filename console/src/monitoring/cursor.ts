import { useSyncExternalStore } from 'react';

/** The moment that all charts point at: its place among the points, or none. */
export class SharedCursor {
  index: number | undefined;
  private readonly listeners = new Set<() => void>();

  /** Moving one chart's cursor moves the others', which tell it again: only a change is told. */
  readonly set = (index: number | undefined): void => {
    if (index === this.index) return;
    this.index = index;
    for (const listener of this.listeners) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const useCursor = (cursor: SharedCursor): number | undefined =>
  useSyncExternalStore(cursor.subscribe, () => cursor.index);
