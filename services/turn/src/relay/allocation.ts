import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { type Endpoint, type Family, writeXorAddress, xorAddressBytes } from '../stun/address';
import { ATTRIBUTE, CHANNEL_HEADER_BYTES, HEADER_BYTES, MAGIC_COOKIE, MESSAGE_CLASS, METHOD } from '../stun/constants';
import { messageType } from '../stun/message-writer';
import type { DatagramSocket } from './datagram-socket';
import { Permissions } from './permissions';
import type { RelaySocket } from './relay-ports';
import type { Traffic } from './traffic';

export interface AllocationLimits {
  /** Peers' addresses, and channels, at once. */
  permissions: number;
  /** Bytes a second relayed in each direction; 0 for no limit. */
  bytesPerSecond: number;
}

/** Who holds an allocation and how it is reached. */
export interface Client extends Endpoint {
  /** The listening socket that the client talks to. */
  socket: DatagramSocket;
}

/** A datagram that may not be fragmented: an Ethernet frame less the headers of IP and UDP. */
const UNFRAGMENTED: Record<Family, number> = { 4: 1472, 6: 1452 };
const LONGEST_DATAGRAM = 65_507;
const DATA_INDICATION = messageType(METHOD.data, MESSAGE_CLASS.indication);

/**
 * Where a datagram is put together before it is sent. The system has taken it when `send` returns; in the rare case that it
 * has not, the buffer is left to whoever waits for it.
 */
let scratch = Buffer.allocUnsafeSlow(LONGEST_DATAGRAM);
const indicationIds = randomBytes(12);

/** One relayed transport address and what may pass through it (RFC 8656, section 3.2). */
export class Allocation {
  readonly permissions: Permissions;
  expires = 0;
  #allowanceToPeers: number;
  #allowanceToClient: number;
  #relay?: RelaySocket;

  constructor(
    readonly client: Client,
    /** The whole user name: only with it may the allocation be changed. */
    readonly username: string,
    /** Whom the user name is for: counts towards this one's quota. */
    readonly name: string,
    private readonly limits: AllocationLimits,
    private readonly traffic: Traffic,
  ) {
    this.permissions = new Permissions(limits.permissions);
    this.#allowanceToPeers = this.#allowanceToClient = limits.bytesPerSecond || Number.POSITIVE_INFINITY;
  }

  open(relay: RelaySocket): void {
    this.#relay = relay;
  }

  get relay(): RelaySocket | undefined {
    return this.#relay;
  }

  get family(): Family {
    return this.#relay?.family ?? 4;
  }

  /** Removes what expired and grants the next second's bytes. */
  sweep(now: number): void {
    this.permissions.sweep(now);
    if (this.limits.bytesPerSecond) this.#allowanceToPeers = this.#allowanceToClient = this.limits.bytesPerSecond;
  }

  /** A ChannelData message (RFC 8656, section 12.5) from the client. */
  channelDataFromClient(datagram: Buffer): void {
    const channel = this.permissions.channel(((datagram[0] ?? 0) << 8) | (datagram[1] ?? 0));
    const end = CHANNEL_HEADER_BYTES + (((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0));
    if (end > datagram.length) this.traffic.dropped.malformed++;
    else if (!channel) this.traffic.dropped['no-channel']++;
    else if (!channel.permission.active) this.traffic.dropped['no-permission']++;
    else this.#toPeer(datagram.subarray(CHANNEL_HEADER_BYTES, end), channel.peer);
  }

  /** The data of a Send indication, whose peer has been checked. */
  sendToPeer(data: Buffer, peer: Endpoint, dontFragment: boolean): void {
    if (!this.permissions.permits(peer.address)) this.traffic.dropped['no-permission']++;
    else if (dontFragment && data.length > UNFRAGMENTED[peer.family]) this.traffic.dropped['too-large']++;
    else this.#toPeer(data, peer);
  }

  #toPeer(data: Buffer, peer: Endpoint): void {
    if (this.#allowanceToPeers < data.length) {
      this.traffic.dropped.bandwidth++;
      return;
    }
    this.#allowanceToPeers -= data.length;
    if (!this.#relay?.socket.send(data, peer.port, peer.address)) {
      this.traffic.dropped.queue++;
      return;
    }
    this.traffic.packetsToPeers++;
    this.traffic.bytesToPeers += data.length;
  }

  /** A datagram that a peer sent to the relayed address: ChannelData where the peer has a channel, else a Data indication. */
  readonly fromPeer = (data: Buffer, from: RemoteInfo): void => {
    const permission = this.permissions.of(from.address);
    if (!permission?.active) {
      this.traffic.dropped['no-permission']++;
      return;
    }
    if (this.#allowanceToClient < data.length) {
      this.traffic.dropped.bandwidth++;
      return;
    }
    this.#allowanceToClient -= data.length;
    const channel = permission.channels?.get(from.port);
    const length = channel ? putChannelData(channel.number, data) : putDataIndication(data, from);
    if (length === 0) {
      this.traffic.dropped['too-large']++;
      return;
    }
    const { socket, port, address } = this.client;
    if (!socket.send(scratch.subarray(0, length), port, address)) {
      this.traffic.dropped.queue++;
      return;
    }
    if (socket.waits) scratch = Buffer.allocUnsafeSlow(LONGEST_DATAGRAM);
    this.traffic.packetsToClients++;
    this.traffic.bytesToClients += data.length;
  };
}

/** Length of the message in `scratch`; 0 when the data does not fit into a datagram. */
function putChannelData(number: number, data: Buffer): number {
  const length = CHANNEL_HEADER_BYTES + data.length;
  if (length > LONGEST_DATAGRAM) return 0;
  scratch[0] = number >> 8;
  scratch[1] = number & 255;
  scratch[2] = data.length >> 8;
  scratch[3] = data.length & 255;
  scratch.set(data, CHANNEL_HEADER_BYTES);
  return length;
}

/** As `putChannelData`, for a Data indication (RFC 8656, section 11.4). */
function putDataIndication(data: Buffer, from: RemoteInfo): number {
  const family = from.family === 'IPv4' ? 4 : 6;
  const addressBytes = xorAddressBytes(family);
  const dataAt = HEADER_BYTES + 4 + addressBytes + 4;
  const length = dataAt + ((data.length + 3) & ~3);
  if (length > LONGEST_DATAGRAM) return 0;
  scratch.writeUInt16BE(DATA_INDICATION, 0);
  scratch.writeUInt16BE(length - HEADER_BYTES, 2);
  scratch.writeUInt32BE(MAGIC_COOKIE, 4);
  // Nobody answers an indication: its id need only be another than the last.
  indicationIds.writeUInt32BE((indicationIds.readUInt32BE(8) + 1) >>> 0, 8);
  scratch.set(indicationIds, 8);
  scratch.writeUInt16BE(ATTRIBUTE.xorPeerAddress, HEADER_BYTES);
  scratch.writeUInt16BE(addressBytes, HEADER_BYTES + 2);
  writeXorAddress(scratch, HEADER_BYTES + 4, { address: from.address, port: from.port, family });
  scratch.writeUInt16BE(ATTRIBUTE.data, dataAt - 4);
  scratch.writeUInt16BE(data.length, dataAt - 2);
  scratch.set(data, dataAt);
  scratch.fill(0, dataAt + data.length, length);
  return length;
}
