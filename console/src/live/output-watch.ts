import type { OutputPiece } from '@muster/contracts';
import type { OutputListener } from './live-context';

/** Who on this page wants whose output. The server is told about each operation once, and the newest fifty of them. */
export class OutputWatch {
  private readonly listeners = new Map<string, Set<OutputListener>>();

  constructor(private readonly tell: (operationIds: string[]) => void) {}

  add(operationId: string, listener: OutputListener): () => void {
    const known = this.listeners.get(operationId);
    if (known) known.add(listener);
    else {
      this.listeners.set(operationId, new Set([listener]));
      this.announce();
    }
    return () => this.remove(operationId, listener);
  }

  deliver(operationId: string, pieces: OutputPiece[]): void {
    for (const listener of this.listeners.get(operationId) ?? []) listener.pieces(pieces);
  }

  gap(): void {
    for (const listeners of this.listeners.values()) for (const listener of listeners) listener.gap();
  }

  private remove(operationId: string, listener: OutputListener): void {
    const known = this.listeners.get(operationId);
    if (!known?.delete(listener) || known.size > 0) return;
    this.listeners.delete(operationId);
    this.announce();
  }

  private announce(): void {
    this.tell([...this.listeners.keys()].slice(-50));
  }
}
