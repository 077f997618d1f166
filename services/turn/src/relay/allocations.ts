import type { Endpoint } from '../stun/address';
import type { Allocation } from './allocation';
import type { RelayPorts } from './relay-ports';

export interface Quotas {
  /** Allocations of one user at once. */
  perUser: number;
  /** Allocations at once. */
  inAll: number;
}

/** All allocations by the client's transport address. One listening socket has one table: its own end is the rest of the 5-tuple. */
export class ClientTable {
  readonly #byAddress = new Map<string, Map<number, Allocation>>();

  find(address: string, port: number): Allocation | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  set({ address, port }: Endpoint, allocation: Allocation): void {
    const ports = this.#byAddress.get(address);
    if (ports) ports.set(port, allocation);
    else this.#byAddress.set(address, new Map([[port, allocation]]));
  }

  delete({ address, port }: Endpoint): void {
    const ports = this.#byAddress.get(address);
    ports?.delete(port);
    if (ports?.size === 0) this.#byAddress.delete(address);
  }
}

/** The allocations of the server: how many there may be, and when they end. */
export class Allocations {
  readonly #tables = new Map<Allocation, ClientTable>();
  readonly #ofUser = new Map<string, number>();

  constructor(
    private readonly quotas: Quotas,
    private readonly ports: RelayPorts,
  ) {}

  get size(): number {
    return this.#tables.size;
  }

  hasRoomFor(name: string): boolean {
    return this.size < this.quotas.inAll && (this.#ofUser.get(name) ?? 0) < this.quotas.perUser;
  }

  /** Takes the place in table and quotas at once; the relay socket may follow. */
  add(allocation: Allocation, table: ClientTable): void {
    this.#tables.set(allocation, table);
    table.set(allocation.client, allocation);
    this.#ofUser.set(allocation.name, (this.#ofUser.get(allocation.name) ?? 0) + 1);
  }

  /** Ends an allocation and closes its socket. */
  remove(allocation: Allocation): void {
    const table = this.#tables.get(allocation);
    if (!table) return;
    this.#tables.delete(allocation);
    table.delete(allocation.client);
    const left = (this.#ofUser.get(allocation.name) ?? 1) - 1;
    if (left > 0) this.#ofUser.set(allocation.name, left);
    else this.#ofUser.delete(allocation.name);
    if (allocation.relay) this.ports.release(allocation.relay);
  }

  /** Ends what expired; once a second. */
  sweep(now: number): void {
    for (const allocation of this.#tables.keys())
      if (allocation.relay && allocation.expires <= now) this.remove(allocation);
      else allocation.sweep(now);
  }

  removeAll(): void {
    for (const allocation of [...this.#tables.keys()]) this.remove(allocation);
  }
}
