import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { TurnCredentials } from '@muster/contracts';
import { type Endpoint, readXorAddress } from '../stun/address';
import { ATTRIBUTE, MESSAGE_CLASS, METHOD } from '../stun/constants';
import { longTermKey } from '../stun/integrity';
import { MessageReader } from '../stun/message-reader';
import { MessageWriter } from '../stun/message-writer';
import { LOCAL } from './engine';

export type Add = (writer: MessageWriter) => MessageWriter;
export type Credentials = Pick<TurnCredentials, 'username' | 'password'>;

/** What an answer says: the code of its error or 0, and the message itself. */
export interface Answer {
  code: number;
  message: MessageReader;
}

export const UDP_TRANSPORT: Add = (writer) =>
  writer.attribute(ATTRIBUTE.requestedTransport, Buffer.from([17, 0, 0, 0]));

export const toPeer =
  (peer: Endpoint): Add =>
  (writer) =>
    writer.address(ATTRIBUTE.xorPeerAddress, peer);

/** No port is used twice: the server may still have an allocation of whoever had it before. */
let nextPort = 20_000 + Math.floor(Math.random() * 8_000);

/** A client that says exactly what a test wants said. */
export class TurnClient {
  readonly #socket: Socket = createSocket('udp4');
  readonly #waiting = new Map<string, (message: MessageReader) => void>();
  /** ChannelData messages and Data indications, in order, without what wraps them. */
  readonly received: Array<{ channel?: number; peer?: Endpoint; data: Buffer }> = [];
  realm = '';
  nonce = '';

  private constructor(
    private readonly port: number,
    public credentials: Credentials,
  ) {
    this.#socket.on('message', (datagram) => this.#take(datagram));
  }

  static async open(port: number, credentials: Credentials): Promise<TurnClient> {
    for (;;) {
      const client = new TurnClient(port, credentials);
      const bound = once(client.#socket, 'listening').then(
        () => true,
        () => false,
      );
      client.#socket.bind(nextPort++, LOCAL);
      if (await bound) return client;
    }
  }

  get localPort(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }

  /** One request without credentials; sent again until there is an answer. */
  plain(method: number, add: Add = (writer) => writer, transactionId = randomBytes(12)): Promise<Answer> {
    return this.exchange(add(new MessageWriter(method, MESSAGE_CLASS.request, transactionId)).finish(), transactionId);
  }

  /** A request with credentials, after asking for realm and nonce where there are none yet. */
  async request(
    method: number,
    add: Add = (writer) => writer,
    options: { transactionId?: Buffer; algorithm?: 'sha1' | 'sha256' } = {},
  ): Promise<Answer> {
    const { transactionId = randomBytes(12), algorithm = 'sha1' } = options;
    if (this.nonce === '') this.#challenged((await this.plain(METHOD.allocate, UDP_TRANSPORT)).message);
    const { username, password } = this.credentials;
    const writer = add(new MessageWriter(method, MESSAGE_CLASS.request, transactionId))
      .text(ATTRIBUTE.username, username)
      .text(ATTRIBUTE.realm, this.realm)
      .text(ATTRIBUTE.nonce, this.nonce);
    const key = { key: longTermKey(username, this.realm, password), algorithm };
    return this.exchange(writer.finish({ key, fingerprint: true }), transactionId);
  }

  /** The relayed transport address of a new allocation. */
  async allocate(add: Add = (writer) => writer): Promise<Endpoint> {
    const { code, message } = await this.request(METHOD.allocate, (writer) => add(UDP_TRANSPORT(writer)));
    const relayed = code === 0 ? addressIn(message, ATTRIBUTE.xorRelayedAddress) : undefined;
    if (!relayed) throw new Error(`Allocate was answered with ${code}`);
    return relayed;
  }

  bindChannel(channel: number, peer: Endpoint): Promise<Answer> {
    return this.request(METHOD.channelBind, (writer) =>
      toPeer(peer)(writer.number(ATTRIBUTE.channelNumber, channel * 65_536)),
    );
  }

  lifetime(seconds: number): Promise<Answer> {
    return this.request(METHOD.refresh, (writer) => writer.number(ATTRIBUTE.lifetime, seconds));
  }

  sendOnChannel(channel: number, data: Uint8Array): void {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(channel);
    head.writeUInt16BE(data.length, 2);
    this.raw(Buffer.concat([head, data]));
  }

  sendTo(peer: Endpoint, data: Uint8Array): void {
    const writer = new MessageWriter(METHOD.send, MESSAGE_CLASS.indication, randomBytes(12));
    this.raw(toPeer(peer)(writer).attribute(ATTRIBUTE.data, data).finish());
  }

  raw(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.port, LOCAL);
  }

  async exchange(message: Buffer, transactionId: Buffer): Promise<Answer> {
    const id = transactionId.toString('hex');
    const answered = new Promise<MessageReader>((resolve) => this.#waiting.set(id, resolve));
    try {
      for (let attempt = 0; attempt < 10; attempt++) {
        this.raw(message);
        const answer = await Promise.race([answered, pause(500)]);
        if (answer) return { code: codeOf(answer), message: answer };
      }
    } finally {
      this.#waiting.delete(id);
    }
    throw new Error('no answer');
  }

  #challenged(message: MessageReader): void {
    this.realm = message.value(ATTRIBUTE.realm)?.toString() ?? '';
    this.nonce = message.value(ATTRIBUTE.nonce)?.toString() ?? '';
  }

  #take(datagram: Buffer): void {
    if ((datagram[0] ?? 0) >= 0x40) {
      const length = datagram.readUInt16BE(2);
      this.received.push({ channel: datagram.readUInt16BE(0), data: datagram.subarray(4, 4 + length) });
      return;
    }
    const message = MessageReader.read(datagram);
    if (message?.method === METHOD.data)
      this.received.push({ peer: message.peers()[0], data: message.value(ATTRIBUTE.data) ?? Buffer.alloc(0) });
    else if (message) this.#waiting.get(message.transactionId.toString('hex'))?.(message);
  }
}

function codeOf(message: MessageReader): number {
  const value = message.value(ATTRIBUTE.errorCode);
  return value ? (value[2] ?? 0) * 100 + (value[3] ?? 0) : 0;
}

/** The address in an attribute of an answer. */
export function addressIn(message: MessageReader, type: number): Endpoint | undefined {
  const value = message.value(type);
  return value && readXorAddress(message.bytes, value.byteOffset - message.bytes.byteOffset, value.length);
}
