import type { Feature } from '../core/feature';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { element } from '../core/xml/element';

const TLS_NS = 'urn:ietf:params:xml:ns:xmpp-tls';
const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
/** Attempts to authenticate in plain text that get an answer; a client that has not understood by then will not. */
const MAX_ATTEMPTS = 3;

/**
 * STARTTLS. On a connection that is not secure it is all there is: no other feature is offered, authentication is
 * answered with `encryption-required`, and everything else ends the stream. The connection then goes to a stream of
 * its own, so that nothing said in plain text outlives the handshake (section 5.4.3.3).
 */
export const starttls: Feature = {
  name: 'starttls',
  specification: 'RFC 6120 5, RFC 7590',
  install(server) {
    const attempts = new WeakMap<Stream, number>();

    server.beforeTls({
      features: [element('starttls', TLS_NS, {}, element('required', TLS_NS))],
      received(stream, received) {
        if (received.is('starttls', TLS_NS)) {
          if (!stream.upgrade || received.elements.length > 0) return fail(stream);
          return stream.handOver(element('proceed', TLS_NS), stream.upgrade);
        }
        if (!received.is('auth', SASL_NS)) throw new StreamError('not-authorized', 'STARTTLS comes first');
        const attempt = (attempts.get(stream) ?? 0) + 1;
        attempts.set(stream, attempt);
        server.events.emit('refused', 'encryption-required', stream.peer.address);
        stream.send(element('failure', SASL_NS, {}, element('encryption-required', SASL_NS)));
        if (attempt === MAX_ATTEMPTS) throw new StreamError('policy-violation', 'too many failed attempts');
      },
    });
    server.handlers.onElement('connected', TLS_NS, 'starttls', (stream) => fail(stream));
  },
};

/** There is nothing to upgrade, or the request is malformed: the stream ends (section 5.4.2.2). */
function fail(stream: Stream): void {
  stream.send(element('failure', TLS_NS));
  if (stream.session) stream.session.end();
  else stream.close();
}
