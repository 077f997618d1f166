import type { Endpoint } from '../stun/address';
import { CHANNEL_SECONDS, PERMISSION_SECONDS } from '../stun/constants';

/** A channel: a number of two bytes in place of a peer's transport address. */
export interface Channel {
  number: number;
  peer: Endpoint;
  expires: number;
  permission: Permission;
}

export interface Permission {
  expires: number;
  /** False when it has expired and only its channels keep it: they live twice as long, and nothing passes without it. */
  active: boolean;
  /** Channels to this address by port. Absent as long as there is none. */
  channels?: Map<number, Channel>;
}

export type Bound = 'bound' | 'conflict' | 'full';

/**
 * Peers that an allocation may talk to (RFC 8656, sections 9 and 12), found by the address and the port as they come with a
 * datagram, without making a key for each. What expired is removed by `sweep`, so that packets need not look at a clock.
 */
export class Permissions {
  readonly #byAddress = new Map<string, Permission>();
  readonly #channels = new Map<number, Channel>();

  /** @param most addresses that may be permitted at once */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#byAddress.size;
  }

  permits(address: string): boolean {
    return this.#byAddress.get(address)?.active === true;
  }

  /** Whether that many further addresses would fit. */
  hasRoomFor(addresses: ReadonlySet<string>): boolean {
    let added = 0;
    for (const address of addresses) if (!this.#byAddress.has(address)) added++;
    return this.#byAddress.size + added <= this.most;
  }

  permit(address: string, now: number): Permission {
    let permission = this.#byAddress.get(address);
    if (!permission) this.#byAddress.set(address, (permission = { expires: 0, active: true }));
    permission.expires = now + PERMISSION_SECONDS * 1000;
    permission.active = true;
    return permission;
  }

  /** Binds or renews a channel, which permits its address as well. */
  bind(number: number, peer: Endpoint, now: number): Bound {
    const held = this.#channels.get(number);
    const own = this.channelTo(peer.address, peer.port);
    if (held !== own) return 'conflict';
    if (!this.hasRoomFor(new Set([peer.address]))) return 'full';
    if (!own && this.#channels.size >= this.most) return 'full';
    const permission = this.permit(peer.address, now);
    const expires = now + CHANNEL_SECONDS * 1000;
    if (own) {
      own.expires = expires;
      return 'bound';
    }
    const channel = { number, peer, expires, permission };
    this.#channels.set(number, channel);
    (permission.channels ??= new Map()).set(peer.port, channel);
    return 'bound';
  }

  channel(number: number): Channel | undefined {
    return this.#channels.get(number);
  }

  /** The channel to a transport address, also while the permission is suspended. */
  channelTo(address: string, port: number): Channel | undefined {
    return this.#byAddress.get(address)?.channels?.get(port);
  }

  /** The permission for whoever sends from this address. */
  of(address: string): Permission | undefined {
    return this.#byAddress.get(address);
  }

  sweep(now: number): void {
    for (const [address, permission] of this.#byAddress) {
      for (const channel of permission.channels?.values() ?? []) {
        if (channel.expires > now) continue;
        permission.channels?.delete(channel.peer.port);
        this.#channels.delete(channel.number);
      }
      if (permission.expires > now) continue;
      permission.active = false;
      if (!permission.channels?.size) this.#byAddress.delete(address);
    }
  }
}
