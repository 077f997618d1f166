import type { LiveListener } from './live-context';

/**
 * Who on this page wants live pieces of what: output of operations, log lines of devices. The server is told about each
 * once, and about the newest fifty of them.
 */
export class LiveWatcher<T> {
  private readonly listeners = new Map<string, Set<LiveListener<T>>>();

  constructor(private readonly tell: (ids: string[]) => void) {}

  /** Call the result to stop. */
  readonly add = (id: string, listener: LiveListener<T>): (() => void) => {
    const known = this.listeners.get(id);
    if (known) known.add(listener);
    else {
      this.listeners.set(id, new Set([listener]));
      this.announce();
    }
    return () => this.remove(id, listener);
  };

  deliver(id: string, pieces: T[]): void {
    for (const listener of this.listeners.get(id) ?? []) listener.pieces(pieces);
  }

  gap(): void {
    for (const listeners of this.listeners.values()) for (const listener of listeners) listener.gap();
  }

  private remove(id: string, listener: LiveListener<T>): void {
    const known = this.listeners.get(id);
    if (!known?.delete(listener) || known.size > 0) return;
    this.listeners.delete(id);
    this.announce();
  }

  private announce(): void {
    this.tell([...this.listeners.keys()].slice(-50));
  }
}
