import type { RemoteInfo } from 'node:dgram';
import { sendIndication } from '../methods/send-indication';
import { ClientTable } from '../relay/allocations';
import { DatagramSocket } from '../relay/datagram-socket';
import type { Family } from '../stun/address';
import { MESSAGE_CLASS, METHOD } from '../stun/constants';
import { looksLikeStun } from '../stun/message-reader';
import { messageType } from '../stun/message-writer';
import type { Requests } from './requests';

const SEND_INDICATION = messageType(METHOD.send, MESSAGE_CLASS.indication);

/** One listening address: tells data from requests (RFC 7983) and gives each to its allocation or method. */
export class Listener {
  readonly #socket: DatagramSocket;
  readonly #table = new ClientTable();

  constructor(
    private readonly family: Family,
    bufferBytes: number,
    private readonly requests: Requests,
  ) {
    this.#socket = new DatagramSocket(family, bufferBytes, (datagram, from) => this.#received(datagram, from));
  }

  bind(host: string, port: number): Promise<void> {
    return this.#socket.bind(host, port);
  }

  get port(): number {
    return this.#socket.port;
  }

  close(): void {
    this.#socket.close();
  }

  #received(datagram: Buffer, from: RemoteInfo): void {
    const first = datagram[0] ?? 255;
    const { traffic } = this.requests.parts;
    if (first >= 0x40 && first < 0x80 && datagram.length >= 4) {
      const allocation = this.#table.find(from.address, from.port);
      if (allocation) allocation.channelDataFromClient(datagram);
      else traffic.dropped['no-allocation']++;
      return;
    }
    if (!looksLikeStun(datagram)) {
      traffic.dropped.malformed++;
      return;
    }
    if (datagram.readUInt16BE(0) === SEND_INDICATION) {
      const allocation = this.#table.find(from.address, from.port);
      if (allocation) sendIndication(datagram, allocation, this.requests.parts);
      else traffic.dropped['no-allocation']++;
      return;
    }
    const client = { address: from.address, port: from.port, family: this.family, socket: this.#socket };
    this.requests.take(datagram, client, this.#table);
  }
}
