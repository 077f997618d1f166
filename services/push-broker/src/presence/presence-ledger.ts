import type { PresenceBatch, PresenceChange, PresenceLease, PresenceSnapshot } from '@muster/contracts';

/** Changes in one batch, devices on one page of a snapshot. */
const PAGE = 1000;

/**
 * Who is connected to this node, and what of that has not been told yet. Every change gets the next number; when a
 * device changes again before it was told, only the newest change goes out.
 */
export class PresenceLedger {
  readonly #connected = new Map<string, PresenceChange>();
  readonly #untold = new Map<string, PresenceChange>();
  #sequence = 0;
  #told = 0;
  /** Ids in order, as they were when the last snapshot began. */
  #order: string[] = [];

  constructor(
    readonly node: string,
    readonly epoch: number,
  ) {}

  get connected(): number {
    return this.#connected.size;
  }

  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  online(deviceId: string, address: string, at: Date): void {
    this.#connected.set(deviceId, this.#change(deviceId, true, address, at));
  }

  offline(deviceId: string, address: string, at: Date): void {
    if (this.#connected.delete(deviceId)) this.#change(deviceId, false, address, at);
  }

  /** Everything that has not been told, oldest change first; counts as told unless it is put back. */
  take(): PresenceBatch[] {
    const changes = [...this.#untold.values()].sort((a, b) => a.sequence - b.sequence);
    this.#untold.clear();
    this.#told = Math.max(this.#told, changes.at(-1)?.sequence ?? 0);
    const batches: PresenceBatch[] = [];
    for (let start = 0; start < changes.length; start += PAGE)
      batches.push({ node: this.node, epoch: this.epoch, changes: changes.slice(start, start + PAGE) });
    return batches;
  }

  /** The batch could not be sent: it goes with the next, but for what has changed since. */
  putBack(batch: PresenceBatch): void {
    for (const change of batch.changes)
      if (!this.#untold.has(change.deviceId)) this.#untold.set(change.deviceId, change);
  }

  /** Everybody who is connected is to be told again, with the numbers that they have. */
  retell(): void {
    for (const [deviceId, change] of this.#connected)
      if (!this.#untold.has(deviceId)) this.#untold.set(deviceId, change);
  }

  lease(leaseSeconds: number): PresenceLease {
    const { node, epoch } = this;
    return { node, epoch, sequence: this.#told, connected: this.#connected.size, leaseSeconds };
  }

  /**
   * One page of who is connected, after a device id. `sequence` says how current the page is. A device that connects
   * while a reader turns pages may be on none of them, but its change has a higher number than the reader's first page.
   */
  page(after: string | undefined): PresenceSnapshot {
    if (after === undefined || this.#order.length === 0) this.#order = [...this.#connected.keys()].sort();
    const start = after === undefined ? 0 : firstAfter(this.#order, after);
    const ids = this.#order.slice(start, start + PAGE);
    const last = start + PAGE >= this.#order.length;
    if (last) this.#order = [];
    const devices = ids.map((id) => this.#connected.get(id)).filter((change) => change !== undefined);
    return { epoch: this.epoch, sequence: this.#sequence, devices, last };
  }

  #change(deviceId: string, connected: boolean, address: string, at: Date): PresenceChange {
    const change = { deviceId, connected, sequence: ++this.#sequence, address, at: at.toISOString() };
    // Deleted first, so that the order of the map stays that of the changes.
    this.#untold.delete(deviceId);
    this.#untold.set(deviceId, change);
    return change;
  }
}

function firstAfter(sorted: readonly string[], after: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
