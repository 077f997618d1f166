import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { freePort } from '@muster/testing';

/** A message of RFC 5424, taken apart. */
export interface SyslogMessage {
  priority: number;
  timestamp: string;
  hostName: string;
  application: string;
  processId: string;
  messageId: string;
  data: Record<string, Record<string, string>>;
  text: string;
}

/**
 * A log server that reads frames of RFC 5425 and messages of RFC 5424 strictly, and can be told to misbehave. Written from
 * the specifications, not from the sender.
 */
export class SyslogReceiver {
  readonly messages: SyslogMessage[] = [];
  readonly faults: string[] = [];
  connections = 0;
  /** Breaks the connection without a word after so many messages. */
  diesAfter = Number.POSITIVE_INFINITY;
  /** Reads everything, but never closes. */
  neverCloses = false;
  private readonly sockets = new Set<Socket>();
  private server?: Server;

  private constructor(
    readonly port: number,
    private certificate: { chain: string; key: string },
  ) {}

  static async start(certificate: { chain: string; key: string }): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(await freePort(), certificate);
    await receiver.listen();
    return receiver;
  }

  /** Numbers of the entries that arrived, in the order of arrival. */
  get numbers(): number[] {
    return this.messages.map(({ text }) => (JSON.parse(text) as { number: number }).number);
  }

  async listen(certificate = this.certificate): Promise<void> {
    this.certificate = certificate;
    const options = { cert: certificate.chain, key: certificate.key, allowHalfOpen: true };
    const server = createServer(options, (socket) => this.accept(socket));
    server.on('tlsClientError', () => undefined);
    // Below TLS, so that connections whose handshake fails can be ended too.
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
    this.server = undefined;
  }

  private accept(socket: TLSSocket): void {
    this.connections += 1;
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      rest = this.takeFrames(Buffer.concat([rest, chunk]), socket);
    });
    socket.on('end', () => {
      if (rest.length > 0) this.faults.push(`ended within a frame: ${rest.toString('utf8', 0, 40)}`);
      if (!this.neverCloses) socket.end();
    });
  }

  /** MSG-LEN SP SYSLOG-MSG (RFC 5425, section 4.3). @returns what is left of an unfinished frame */
  private takeFrames(bytes: Buffer, socket: TLSSocket): Buffer {
    for (;;) {
      const space = bytes.indexOf(0x20);
      if (space < 0) return bytes;
      const length = bytes.toString('latin1', 0, space);
      if (!/^[1-9]\d*$/.test(length)) {
        this.faults.push(`not a length: ${length}`);
        return Buffer.alloc(0);
      }
      const end = space + 1 + Number(length);
      if (bytes.length < end) return bytes;
      if (this.messages.length >= this.diesAfter) {
        socket.destroy();
        return Buffer.alloc(0);
      }
      this.take(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(space + 1, end)));
      bytes = bytes.subarray(end);
    }
  }

  private take(message: string): void {
    try {
      this.messages.push(parseMessage(message));
    } catch (error) {
      this.faults.push(`${String(error)}: ${message.slice(0, 200)}`);
    }
  }
}

const HEADER =
  /^<(\d|[1-9]\d|1[0-8]\d|19[01])>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) /;
const SD_NAME = /^[!#-<>-\\^-~]{1,32}/;

/** RFC 5424, section 6: every rule of the grammar that a message of ours can break. */
export function parseMessage(message: string): SyslogMessage {
  const header = HEADER.exec(message);
  if (!header) throw new Error('the header is wrong');
  const [whole, priority, timestamp = '', hostName = '', application = '', processId = '', messageId = ''] = header;
  let rest = message.slice(whole.length);
  const data: SyslogMessage['data'] = {};
  if (rest.startsWith('-')) rest = rest.slice(1);
  else {
    while (rest.startsWith('[')) {
      const [id, parameters, after] = parseElement(rest.slice(1));
      if (id in data) throw new Error(`${id} comes twice`);
      data[id] = parameters;
      rest = after;
    }
    if (Object.keys(data).length === 0) throw new Error('there are no structured data');
  }
  if (rest === '')
    return { priority: Number(priority), timestamp, hostName, application, processId, messageId, data, text: '' };
  if (!rest.startsWith(' \ufeff')) throw new Error('MSG is not marked as UTF-8');
  const text = rest.slice(2);
  return { priority: Number(priority), timestamp, hostName, application, processId, messageId, data, text };
}

function parseElement(input: string): [id: string, parameters: Record<string, string>, rest: string] {
  const id = SD_NAME.exec(input)?.[0];
  if (!id) throw new Error('an SD-ID is wrong');
  if (!/^[^@]+@\d+(?:\.\d+)*$/.test(id)) throw new Error(`${id} is not registered and names no enterprise`);
  const parameters: Record<string, string> = {};
  let rest = input.slice(id.length);
  while (rest.startsWith(' ')) {
    const name = SD_NAME.exec(rest.slice(1))?.[0];
    if (!name) throw new Error('a PARAM-NAME is wrong');
    rest = rest.slice(1 + name.length);
    const value = /^="((?:[^"\\\]]|\\["\\\]])*)"/.exec(rest);
    if (!value) throw new Error(`the value of ${name} is wrong`);
    parameters[name] = (value[1] ?? '').replace(/\\(["\\\]])/g, '$1');
    rest = rest.slice(value[0].length);
  }
  if (!rest.startsWith(']')) throw new Error('an SD-ELEMENT does not end');
  return [id, parameters, rest.slice(1)];
}
