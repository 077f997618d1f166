import { connect, type SecureContext, type TLSSocket } from 'node:tls';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Where to dial: an address, and the name for SNI and `Host`. The context knows whom to trust and which certificate to show. */
export interface LoadDial {
  address: string;
  port: number;
  hostName: string;
  secureContext: SecureContext;
}
export interface LoadReply {
  status: number;
  body: string;
  /** Seconds, as `Retry-After` says. */
  retryAfter?: number;
}

/**
 * One HTTP/1.1 connection over TLS, with as little work as a load generator can do: requests one after the other, replies
 * read by `Content-Length` or chunks (RFC 9112). Costs the machine that it measures far less than `node:https`.
 */
export class HttpConnection {
  private socket?: TLSSocket;
  private readonly waiting: Array<{ resolve: (reply: LoadReply) => void; reject: (error: Error) => void }> = [];
  private bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly dial: LoadDial) {}

  /** Opens the connection where there is none. @throws Error when there was no answer */
  request(method: string, path: string, body = '', close = false): Promise<LoadReply> {
    const { hostName, port } = this.dial;
    const length = Buffer.byteLength(body);
    const head =
      `${method} ${path} HTTP/1.1\r\nHost: ${hostName}:${port}\r\nAccept: application/json\r\n` +
      (close ? 'Connection: close\r\n' : '') +
      (body ? `Content-Type: application/json\r\nContent-Length: ${length}\r\n` : '');
    return new Promise((resolve, reject) => {
      this.socket ??= this.open();
      this.waiting.push({ resolve, reject });
      this.socket.write(`${head}\r\n${body}`, length === body.length ? 'latin1' : 'utf8');
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): TLSSocket {
    const { address, port, hostName, secureContext } = this.dial;
    const socket = connect({ host: address, port, servername: hostName, secureContext });
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.bytes = this.bytes.length > 0 ? Buffer.concat([this.bytes, bytes]) : bytes;
      while (this.take());
    });
    const lost = (error: Error): void => {
      if (this.socket === socket) this.socket = undefined;
      this.bytes = Buffer.alloc(0);
      for (const { reject } of this.waiting.splice(0)) reject(error);
    };
    socket.on('error', lost);
    socket.on('close', () => lost(new Error('the server closed the connection')));
    return socket;
  }

  /** Takes one whole reply from what has arrived; false when there is none yet. */
  private take(): boolean {
    const end = this.bytes.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const head = this.bytes.toString('latin1', 0, end);
    const taken = bodyOf(this.bytes, end + END_OF_HEAD.length, head);
    if (!taken) return false;
    this.bytes = this.bytes.subarray(taken.next);
    const reply: LoadReply = { status: Number(head.slice(9, 12)), body: taken.body };
    const retryAfter = reply.status === 202 ? undefined : /\r\nretry-after: *(\d+)/i.exec(head)?.[1];
    if (retryAfter !== undefined) reply.retryAfter = Number(retryAfter);
    this.waiting.shift()?.resolve(reply);
    return true;
  }
}

function bodyOf(bytes: Buffer, start: number, head: string): { body: string; next: number } | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const next = start + Number(length);
    return bytes.length < next ? undefined : { body: bytes.toString('utf8', start, next), next };
  }
  return /\r\ntransfer-encoding: *chunked/i.test(head) ? chunked(bytes, start) : { body: '', next: start };
}

function chunked(bytes: Buffer, start: number): { body: string; next: number } | undefined {
  const pieces: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { body: Buffer.concat(pieces).toString('utf8'), next };
    pieces.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
