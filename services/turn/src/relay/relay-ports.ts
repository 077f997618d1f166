import { randomBytes, randomInt } from 'node:crypto';
import { type Family, familyOf } from '../stun/address';
import { RESERVATION_SECONDS } from '../stun/constants';
import { DatagramSocket, type Received } from './datagram-socket';

export interface RelayPortsOptions {
  /** Addresses that relay sockets are bound to, one of a family. */
  addresses: readonly string[];
  firstPort: number;
  lastPort: number;
  /** Size asked for the buffers of a socket, in bytes. */
  bufferBytes: number;
}

export interface RelaySocket {
  socket: DatagramSocket;
  family: Family;
  port: number;
}

interface Reservation extends RelaySocket {
  expires: number;
  /** Where its datagrams go; nowhere until somebody takes it. */
  target: { received?: Received };
}

/** Ports tried for one allocation before it is refused: in a range that is full nearly all are taken by others. */
const ATTEMPTS = 48;

/** Relay sockets out of the configured range, at random ports: guessing one is part of guessing a session (RFC 8656, section 7.2). */
export class RelayPorts {
  readonly #used = { 4: new Set<number>(), 6: new Set<number>() };
  readonly #reserved = new Map<string, Reservation>();
  readonly #addresses: ReadonlyMap<Family, string>;

  constructor(private readonly options: RelayPortsOptions) {
    this.#addresses = new Map(options.addresses.map((address) => [familyOf(address), address]));
  }

  serves(family: Family): boolean {
    return this.#addresses.has(family);
  }

  get reservations(): number {
    return this.#reserved.size;
  }

  /** A bound socket, or none when no port could be had. */
  async take(family: Family, received: Received, even = false): Promise<RelaySocket | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = this.#candidate(even);
      const socket = port === undefined ? undefined : await this.#bind(family, port, received);
      if (socket) return socket;
    }
    return undefined;
  }

  /** An even port whose next higher one is kept for whoever shows the token within 30 s. */
  async takePair(
    family: Family,
    received: Received,
    now: number,
  ): Promise<{ relay: RelaySocket; token: Buffer } | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const relay = await this.take(family, received, true);
      if (!relay) return undefined;
      const target: Reservation['target'] = {};
      const next =
        relay.port < this.options.lastPort
          ? await this.#bind(family, relay.port + 1, (datagram, from) => target.received?.(datagram, from))
          : undefined;
      if (next) {
        const token = randomBytes(8);
        this.#reserved.set(token.toString('hex'), { ...next, target, expires: now + RESERVATION_SECONDS * 1000 });
        return { relay, token };
      }
      this.release(relay);
    }
    return undefined;
  }

  /** The socket that an earlier allocation reserved. */
  redeem(token: Buffer, received: Received): RelaySocket | undefined {
    const name = token.toString('hex');
    const found = this.#reserved.get(name);
    if (!found) return undefined;
    this.#reserved.delete(name);
    found.target.received = received;
    return { socket: found.socket, family: found.family, port: found.port };
  }

  release({ socket, family, port }: RelaySocket): void {
    socket.close();
    this.#used[family].delete(port);
  }

  /** Gives up reservations that nobody came for; all of them without a time. */
  sweep(now = Number.POSITIVE_INFINITY): void {
    for (const [name, reservation] of this.#reserved) {
      if (reservation.expires > now) continue;
      this.#reserved.delete(name);
      this.release(reservation);
    }
  }

  #candidate(even: boolean): number | undefined {
    const { firstPort, lastPort } = this.options;
    const port = randomInt(firstPort, lastPort + 1);
    if (!even || port % 2 === 0) return port;
    return port < lastPort ? port + 1 : undefined;
  }

  async #bind(family: Family, port: number, received: Received): Promise<RelaySocket | undefined> {
    const address = this.#addresses.get(family);
    const used = this.#used[family];
    if (address === undefined || used.has(port)) return undefined;
    used.add(port);
    const socket = new DatagramSocket(family, this.options.bufferBytes, received);
    try {
      await socket.bind(address, port);
      return { socket, family, port };
    } catch {
      // Another program has the port, or there are no more descriptors.
      used.delete(port);
      return undefined;
    }
  }
}
