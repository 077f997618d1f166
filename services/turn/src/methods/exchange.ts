import type { User } from '../auth/authenticator';
import type { PeerPolicy } from '../peers/peer-policy';
import type { Allocation, AllocationLimits, Client } from '../relay/allocation';
import type { Allocations, ClientTable } from '../relay/allocations';
import type { RelayPorts } from '../relay/relay-ports';
import type { Traffic } from '../relay/traffic';
import type { Family } from '../stun/address';
import type { ErrorCode } from '../stun/constants';
import type { MessageReader } from '../stun/message-reader';
import type { MessageWriter } from '../stun/message-writer';

/** What the methods share: one of each for the server. */
export interface Parts {
  allocations: Allocations;
  ports: RelayPorts;
  peers: PeerPolicy;
  traffic: Traffic;
  limits: AllocationLimits;
  /** Address that clients are told for relayed transport addresses. */
  relayedAddress(family: Family): string;
  /** Whether a peer is this server itself: packets must not go round in it. */
  isOwn(address: string, port: number): boolean;
}

/** An authenticated request. */
export interface Exchange {
  request: MessageReader;
  client: Client;
  table: ClientTable;
  user: User;
  /** The client's allocation. */
  allocation?: Allocation;
  now: number;
  success(): MessageWriter;
}

/** The answer, the code of an error, or nothing for a request that is answered already. */
export type Outcome = MessageWriter | ErrorCode | undefined;

/** A method of TURN: one file each, named in `methods/index.ts`. */
export type Method = (exchange: Exchange, parts: Parts) => Outcome | Promise<Outcome>;
