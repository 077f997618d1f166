import { Authenticator, type AuthenticatorOptions } from '../auth/authenticator';
import type { Parts } from '../methods/exchange';
import { PeerPolicy } from '../peers/peer-policy';
import type { AllocationLimits } from '../relay/allocation';
import { Allocations, type Quotas } from '../relay/allocations';
import { RelayPorts, type RelayPortsOptions } from '../relay/relay-ports';
import { Traffic } from '../relay/traffic';
import { familyOf } from '../stun/address';
import { Listener } from './listener';
import { Requests } from './requests';

export interface TurnServerOptions {
  /** Addresses to listen on, all at `port`. */
  hosts: readonly string[];
  /** 0 takes a free one. */
  port: number;
  authentication: AuthenticatorOptions;
  relay: RelayPortsOptions;
  /** Addresses that clients are told instead of those that relay sockets are bound to: the server is behind a NAT. */
  externalAddresses: readonly string[];
  peers: { denied: readonly string[]; allowed: readonly string[] };
  quotas: Quotas;
  limits: AllocationLimits;
}

/** Milliseconds. */
const SWEEP_INTERVAL = 1000;

/** TURN and STUN over UDP (RFC 8656, RFC 8489). `open` listens, `close` ends every allocation. */
export class TurnServer {
  readonly traffic = new Traffic();
  readonly requests: Requests;
  readonly allocations: Allocations;
  readonly ports: RelayPorts;
  #listeners: Listener[] = [];
  #port = 0;
  #sweeping?: NodeJS.Timeout;

  /** @throws when a range of peers cannot be read */
  constructor(private readonly options: TurnServerOptions) {
    this.ports = new RelayPorts(options.relay);
    this.allocations = new Allocations(options.quotas, this.ports);
    const told = new Map(
      [...options.relay.addresses, ...options.externalAddresses].map((address) => [familyOf(address), address]),
    );
    const own = new Set([...options.hosts, ...options.relay.addresses, ...options.externalAddresses]);
    const parts: Parts = {
      allocations: this.allocations,
      ports: this.ports,
      peers: new PeerPolicy(options.peers.denied, options.peers.allowed),
      traffic: this.traffic,
      limits: options.limits,
      relayedAddress: (family) => told.get(family) ?? '',
      isOwn: (address, port) => port === this.port && own.has(address),
    };
    this.requests = new Requests(parts, new Authenticator(options.authentication));
  }

  /** @throws when an address or the port cannot be had */
  async open(): Promise<void> {
    const { hosts, relay } = this.options;
    try {
      for (const host of hosts) {
        const listener = new Listener(familyOf(host), relay.bufferBytes, this.requests);
        await listener.bind(host, this.#port || this.options.port);
        this.#listeners.push(listener);
        this.#port = listener.port;
      }
    } catch (error) {
      this.close();
      throw error;
    }
    this.#sweeping = setInterval(() => this.sweep(Date.now()), SWEEP_INTERVAL);
  }

  /** The port that is listened on; 0 when none is. */
  get port(): number {
    return this.#port;
  }

  /** Ends what has expired. The server does it each second. */
  sweep(now: number): void {
    this.allocations.sweep(now);
    this.ports.sweep(now);
  }

  close(): void {
    clearInterval(this.#sweeping);
    for (const listener of this.#listeners) listener.close();
    this.#listeners = [];
    this.#port = 0;
    this.allocations.removeAll();
    this.ports.sweep();
  }
}
