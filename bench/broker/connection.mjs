import { connect } from 'node:tls';

const STREAMS = 'http://etherx.jabber.org/streams';

/**
 * A client as bytes: stream, SASL PLAIN, a new stream, binding, presence; then it counts messages and answers pings. It
 * does not parse XML, so that the load generator costs as little as possible; every server gets the same bytes.
 */
export class Connection {
  #carry = '';
  #step = 0;
  #steps;

  /** Pings that it was sent. */
  pings = 0;

  /** @param received called with the number in each message's id */
  constructor(user, received) {
    this.user = user;
    this.received = received;
  }

  /** Resolves with the milliseconds from dialling to a bound resource. */
  open({ port, domain, secureContext }) {
    const started = performance.now();
    this.#carry = '';
    this.#step = 0;
    const header = `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`;
    const plain = Buffer.from(`\0${this.user.name}\0${this.user.password}`).toString('base64');
    this.bare = `${this.user.name}@${domain}`;
    return new Promise((resolve, reject) => {
      // [what the server's answer contains, what is sent then]
      this.#steps = [
        ['</stream:features>', `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`],
        ['<success', header],
        ['</stream:features>', `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`],
        ['</jid>', '<presence/>'],
      ];
      this.bound = () => resolve(performance.now() - started);
      this.failed = (why) => reject(new Error(`${this.bare}: ${why}`));
      const ALPNProtocols = ['xmpp-client'];
      this.socket = connect({ host: '127.0.0.1', port, servername: domain, secureContext, ALPNProtocols });
      this.socket.setNoDelay(true);
      this.socket.on('error', (error) => this.failed(error.message));
      this.socket.on('close', () => this.failed('the server closed the connection'));
      this.socket.on('data', (bytes) => this.#read(bytes.latin1Slice()));
      this.socket.write(header);
    });
  }

  send(xml) {
    this.socket.write(xml);
  }

  close() {
    this.failed = () => undefined;
    this.socket.destroy();
  }

  #read(text) {
    this.#carry += text;
    if (this.#step < this.#steps.length) return this.#negotiate();
    const end = this.#carry.lastIndexOf('>') + 1;
    const whole = this.#carry.slice(0, end);
    this.#carry = this.#carry.slice(end);
    for (const [, id] of whole.matchAll(/<message[^>]* id=['"]m(\d+)['"]/g)) this.received(Number(id));
    for (const [iq] of whole.matchAll(/<iq[^>]* type=['"]get['"][^>]*>/g)) {
      const [, id] = / id=['"]([^'"]*)['"]/.exec(iq) ?? [];
      this.pings++;
      this.socket.write(`<iq type='result' id='${id}'/>`);
    }
  }

  #negotiate() {
    const [awaited, answer] = this.#steps[this.#step];
    if (!this.#carry.includes(awaited)) {
      if (/<failure|<stream:error|type=['"]error['"]/.test(this.#carry)) this.failed(this.#carry);
      return;
    }
    this.#carry = '';
    this.socket.write(answer);
    if (++this.#step === this.#steps.length) this.bound();
  }
}
