import { connect } from 'node:tls';

const STREAMS = 'http://etherx.jabber.org/streams';

/** A device as far as a load test needs it: signs in in one flight, counts and acknowledges stanzas, notes wake-ups. */
export class BenchDevice {
  handled = 0;
  #buffer = '';

  constructor(id, onWake) {
    this.id = id;
    this.onWake = onWake;
  }

  /** Resolves with the milliseconds from dialling to a bound session. */
  connect({ port, domain, ca, cert, key, secureContext }) {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      this.socket = connect({
        host: '127.0.0.1',
        port,
        servername: domain,
        ca,
        cert,
        key,
        secureContext,
        ALPNProtocols: ['xmpp-client'],
      });
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error('closed')));
      this.socket.on('data', (bytes) => this.#read(bytes.toString(), () => resolve(performance.now() - started)));
      const header = `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`;
      this.socket.write(
        `${header}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>${header}` +
          `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq><enable xmlns='urn:xmpp:sm:3'/><presence/>`,
      );
    });
  }

  close() {
    this.socket.destroy();
  }

  #read(text, ready) {
    this.#buffer += text;
    for (let end; (end = this.#buffer.indexOf('>')) >= 0;) {
      const tag = this.#buffer.slice(0, end + 1);
      this.#buffer = this.#buffer.slice(end + 1);
      if (tag.includes('<enabled')) {
        this.handled = 0;
        ready();
      } else if (tag.startsWith('<message')) this.handled++;
      else if (tag.startsWith('<wake')) this.onWake(this.id);
      else if (tag.startsWith('<r ')) this.socket.write(`<a xmlns='urn:xmpp:sm:3' h='${this.handled}'/>`);
      else if (tag.startsWith('<iq type="get"')) {
        this.handled++;
        this.socket.write(`<iq type='result' id='${/id="([^"]*)"/.exec(tag)?.[1]}'/>`);
      }
    }
  }
}
