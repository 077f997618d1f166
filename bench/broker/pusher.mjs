import { once } from 'node:events';
import { connect } from 'node:tls';

/** Keep-alive HTTPS connections that carry one request each at a time; more requests than connections wait in a queue. */
export class Pusher {
  #free = [];
  #queue = [];
  #sockets = [];
  failures = new Map();
  /** Requests that were answered, whatever the answer. */
  answered = 0;

  constructor({ port, domain, secureContext, headers, connections = 16 }) {
    this.head = Object.entries({ host: domain, 'content-type': 'application/json', ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    for (let i = 0; i < connections; i++) {
      const socket = connect({ host: '127.0.0.1', port, servername: domain, secureContext });
      socket.setNoDelay(true);
      socket.on('error', (error) => this.#failed(error.message));
      let carry = '';
      socket.on('data', (bytes) => {
        carry += bytes.latin1Slice();
        if (!complete(carry)) return;
        if (!/^HTTP\/1\.1 2/.test(carry)) this.#failed(carry.slice(0, 500));
        carry = '';
        this.answered++;
        this.#next(socket);
      });
      socket.on('secureConnect', () => this.#next(socket));
      this.#sockets.push(socket);
    }
  }

  post(path, body) {
    const request = `POST ${path} HTTP/1.1\r\n${this.head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const socket = this.#free.pop();
    if (socket) socket.write(request);
    else this.#queue.push(request);
  }

  /** Once every connection stands: what a handshake takes is another figure. */
  async ready() {
    await Promise.all(this.#sockets.map((socket) => once(socket, 'secureConnect')));
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }

  #next(socket) {
    const request = this.#queue.shift();
    if (request) socket.write(request);
    else this.#free.push(socket);
  }

  #failed(why) {
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }
}

/** Is a whole response there? Its length is in the header, or it comes in chunks. */
function complete(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end).toLowerCase();
  if (head.includes('transfer-encoding: chunked')) return text.endsWith('0\r\n\r\n');
  return text.length >= end + 4 + Number(/content-length: *(\d+)/.exec(head)?.[1] ?? 0);
}
