export interface TicketLimits {
  /** Tickets that hold at the same time. */
  tickets: number;
  /** Seconds that a ticket may hold at most, whatever was asked for. */
  ticketSeconds: number;
}

/** Which tools may talk to which devices, and until when. Both are named by the localparts of their accounts. */
export class TicketBook {
  readonly #tools = new Map<string, Map<string, number>>();
  #count = 0;

  constructor(
    private readonly limits: TicketLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** Tickets that are kept, expired ones included until room is needed. */
  get size(): number {
    return this.#count;
  }

  /**
   * @param expiresAt milliseconds since 1970; an earlier ticket for the same device is replaced
   * @returns when the ticket ends; undefined when as many tickets hold already as may
   */
  grant(tool: string, device: string, expiresAt: number): number | undefined {
    const devices = this.#tools.get(tool) ?? new Map<string, number>();
    if (!devices.has(device)) {
      if (this.#count >= this.limits.tickets) this.#forgetExpired();
      if (this.#count >= this.limits.tickets) return undefined;
      this.#count++;
    }
    const ends = Math.min(expiresAt, this.now() + this.limits.ticketSeconds * 1000);
    devices.set(device, ends);
    this.#tools.set(tool, devices);
    return ends;
  }

  /** Ends tickets before their time: of one device, or all of a tool. */
  withdraw(tool: string, device?: string): void {
    const devices = this.#tools.get(tool);
    if (!devices) return;
    if (device === undefined) this.#count -= devices.size;
    else if (devices.delete(device)) this.#count--;
    if (device === undefined || devices.size === 0) this.#tools.delete(tool);
  }

  holds(tool: string, device: string): boolean {
    return this.endOf(tool, device) !== undefined;
  }

  /** When a ticket ends, in milliseconds since 1970; undefined where none holds. */
  endOf(tool: string, device: string): number | undefined {
    const ends = this.#tools.get(tool)?.get(device) ?? 0;
    return ends > this.now() ? ends : undefined;
  }

  /** Tool and device of each ticket, ended ones included that are still known. */
  *all(): Generator<[tool: string, device: string]> {
    for (const [tool, devices] of this.#tools) for (const device of devices.keys()) yield [tool, device];
  }

  #forgetExpired(): void {
    const now = this.now();
    for (const [tool, devices] of this.#tools)
      for (const [device, ends] of devices) if (ends <= now) this.withdraw(tool, device);
  }
}
