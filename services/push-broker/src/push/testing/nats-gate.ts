import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A way to a nats-server that closes in front of a message: neither that nor anything behind it gets there, as when the
 * client ends at this very moment.
 */
export class NatsGate {
  #closing: { before: string; closed: () => void } | undefined;
  #isClosed = false;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    target: string,
  ) {
    const { hostname, port } = new URL(target);
    server.on('connection', (client) => {
      const upstream = connect(Number(port), hostname);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      client.on('data', (bytes) => this.#pass(bytes, upstream)).on('close', () => upstream.destroy());
      upstream.pipe(client);
      upstream.on('close', () => client.destroy());
    });
  }

  /** @param target `nats://host:port` */
  static async inFrontOf(target: string): Promise<NatsGate> {
    const gate = new NatsGate(createServer().listen(0, '127.0.0.1'), target);
    await once(gate.server, 'listening');
    return gate;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Closes in front of the next message that has this text. @returns when it has */
  closeBefore(text: string): Promise<void> {
    return new Promise((closed) => (this.#closing = { before: text, closed }));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #pass(bytes: Buffer, upstream: Socket): void {
    if (this.#closing && bytes.includes(this.#closing.before)) {
      this.#isClosed = true;
      this.#closing.closed();
      this.#closing = undefined;
    }
    if (!this.#isClosed) upstream.write(bytes);
  }
}
