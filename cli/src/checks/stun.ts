import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The few methods and attributes of STUN (RFC 8489) and TURN (RFC 8656) that a look at a server needs. */
export const STUN = {
  binding: 0x0001,
  allocate: 0x0003,
  refresh: 0x0004,
  success: 0x0100,
  username: 0x0006,
  integrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  relayedAddress: 0x0016,
  requestedTransport: 0x0019,
} as const;

const COOKIE = 0x2112a442;
const HEADER = 20;
const MAC = 20;

export type Attributes = readonly (readonly [type: number, value: Uint8Array | string])[];

export interface StunReply {
  type: number;
  transaction: Buffer;
  attributes: ReadonlyMap<number, Buffer>;
}

/** A request. With a key it ends in MESSAGE-INTEGRITY (RFC 8489, section 14.5). */
export function stunRequest(type: number, attributes: Attributes = [], key?: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(COOKIE, 4);
  header.set(randomBytes(12), 8);
  const message = Buffer.concat([header, ...attributes.map(([name, value]) => attribute(name, Buffer.from(value)))]);
  message.writeUInt16BE(message.length - HEADER + (key ? 4 + MAC : 0), 2);
  if (!key) return message;
  return Buffer.concat([message, attribute(STUN.integrity, createHmac('sha1', key).update(message).digest())]);
}

function attribute(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + ((value.length + 3) & ~3));
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(value.length, 2);
  whole.set(value, 4);
  return whole;
}

/** Undefined when the bytes are no STUN message. Of several attributes of one type the first counts. */
export function readStun(bytes: Buffer): StunReply | undefined {
  if (bytes.length < HEADER || bytes.readUInt32BE(4) !== COOKIE) return undefined;
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER || bytes.length % 4 !== 0) return undefined;
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER; at < bytes.length;) {
    const [type, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
    if (at + 4 + length > bytes.length) return undefined;
    if (!attributes.has(type)) attributes.set(type, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return { type: bytes.readUInt16BE(0), transaction: bytes.subarray(8, HEADER), attributes };
}

/** The number of an error reply (`401`), 0 where it is none. */
export function errorIn({ attributes }: StunReply): number {
  const value = attributes.get(STUN.errorCode);
  return value ? (value[2] ?? 0) * 100 + (value[3] ?? 0) : 0;
}

/** An XOR-ed address (RFC 8489, section 14.2) as `192.0.2.1` or `[2001:db8:…]`. */
export function addressIn({ attributes, transaction }: StunReply, type: number): string | undefined {
  const value = attributes.get(type);
  if (!value || value.length < 8) return undefined;
  const mask = Buffer.concat([Buffer.from([0x21, 0x12, 0xa4, 0x42]), transaction]);
  const bytes = Buffer.from(value.subarray(4).map((byte, index) => byte ^ (mask[index] ?? 0)));
  if (value[1] === 1) return bytes.subarray(0, 4).join('.');
  const groups = Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return `[${groups.join(':')}]`;
}

/** The key of long-term credentials (RFC 8489, section 9.2.2). */
export const longTermKey = (username: string, realm: string, password: string): Buffer =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest();

export interface Patience {
  tries: number;
  everyMs: number;
}

/** One client of a server, by UDP: all that it asks comes from one port. */
export class StunClient {
  private readonly socket: Socket;

  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly patience: Patience,
  ) {
    this.socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.socket.on('error', () => undefined); // a port that is closed says so, and may be open for the next datagram
  }

  /**
   * Asks as often as datagrams get lost (RFC 8489, section 6.2.1, in short).
   * @returns the reply; or, where `any` is wanted, whatever comes; undefined when nothing does
   */
  ask(request: Buffer, { any = false } = {}): Promise<Buffer | undefined> {
    const { tries, everyMs } = this.patience;
    return new Promise((resolve) => {
      let sent = 0;
      const end = (reply?: Buffer): void => {
        clearInterval(timer);
        this.socket.off('message', take);
        resolve(reply);
      };
      const take = (reply: Buffer): void => {
        if (any || readStun(reply)?.transaction.equals(request.subarray(8, HEADER))) end(reply);
      };
      const send = (): void => {
        if (sent === tries) return end();
        sent += 1;
        this.socket.send(request, this.port, this.host, () => undefined);
      };
      const timer = setInterval(send, everyMs);
      this.socket.on('message', take);
      send();
    });
  }

  close(): void {
    this.socket.close();
  }
}
