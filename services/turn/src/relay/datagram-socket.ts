import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Family } from '../stun/address';

export type Received = (datagram: Buffer, from: RemoteInfo) => void;

/** Bytes that may wait in one socket for the system to take them; what comes on top is dropped, as routers do. */
const MOST_WAITING = 256 * 1024;
/** Datagrams between two looks at what waits, as long as nothing did. */
const LOOK_EVERY = 16;

/**
 * A UDP socket for addresses only. Without names there is nothing to look up, so that a datagram is handed to the system within
 * the call; Node.js would otherwise ask its resolver for each one.
 */
export class DatagramSocket {
  readonly #socket: Socket;
  #closed = false;
  #unlooked = 0;
  #waiting = 0;

  constructor(family: Family, bufferBytes: number, received: Received) {
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      recvBufferSize: bufferBytes,
      sendBufferSize: bufferBytes,
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    this.#socket.on('message', received);
  }

  /** @throws when the address or the port cannot be had */
  async bind(address: string, port: number): Promise<void> {
    const socket = this.#socket;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', failed);
        // What the network answers to a datagram (ICMP) is no fault of this server.
        socket.on('error', () => undefined);
        resolve();
      });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** False when the datagram was dropped: too much waits, or the socket is closed. */
  send(datagram: Uint8Array, port: number, address: string): boolean {
    if (this.#closed) return false;
    if (this.#waiting > 0 || (this.#unlooked += 1) >= LOOK_EVERY) {
      this.#unlooked = 0;
      this.#waiting = this.#socket.getSendQueueSize();
      if (this.#waiting > MOST_WAITING) return false;
    }
    this.#socket.send(datagram, port, address);
    return true;
  }

  /** Whether the system has not taken everything yet, so that what was sent must not be written to. */
  get waits(): boolean {
    return !this.#closed && this.#socket.getSendQueueCount() > 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
