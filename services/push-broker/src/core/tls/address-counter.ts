import { isIPv6 } from 'node:net';

/** Counts open connections by where they come from: an IPv4 address, or the /64 that an IPv6 host has to itself. */
export class AddressCounter {
  readonly #counts = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** @returns the function that gives the place back, or undefined when the address has no place left */
  enter(address: string): (() => void) | undefined {
    const source = sourceOf(address);
    const count = this.#counts.get(source) ?? 0;
    if (count >= this.limit) return undefined;
    this.#counts.set(source, count + 1);
    return () => {
      const left = (this.#counts.get(source) ?? 1) - 1;
      if (left > 0) this.#counts.set(source, left);
      else this.#counts.delete(source);
    };
  }
}

/** What an address counts as: itself, or its IPv6 /64. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
