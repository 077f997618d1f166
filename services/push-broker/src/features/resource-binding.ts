import { randomBytes } from 'node:crypto';
import type { Feature } from '../core/feature';
import { StanzaError } from '../core/stanza-error';
import { StreamError } from '../core/stream-error';
import { element } from '../core/xml/element';

const BIND_NS = 'urn:ietf:params:xml:ns:xmpp-bind';

/**
 * Resource binding. The server makes every resource itself: a device cannot pick one that collides or that says
 * something. An account has `sessionsPerAccount` at most; the oldest gives way, since what usually is in the way is
 * the connection that the same device lost without noticing (RFC 6120, section 7.7.2.2, third policy).
 */
export function resourceBinding({ sessionsPerAccount }: { sessionsPerAccount: number }): Feature {
  return {
    name: 'resource-binding',
    specification: 'RFC 6120 7',
    install(server) {
      server.advertise((stream) => (stream.account ? element('bind', BIND_NS) : undefined));

      server.handlers.onIq('authenticated', 'set', BIND_NS, 'bind', (stream) => {
        if (!stream.account) throw new StanzaError('not-allowed');
        if (stream.session) throw new StanzaError('not-allowed', 'a stream has one resource');
        const surplus = server.sessions.of(stream.account.bare).length - sessionsPerAccount + 1;
        for (const oldest of server.sessions.of(stream.account.bare).slice(0, Math.max(0, surplus)))
          oldest.end(new StreamError('conflict', 'the same account connected again'));
        const { jid } = server.bind(stream, stream.account.withResource(randomBytes(9).toString('base64url')));
        return element('bind', BIND_NS, {}, element('jid', BIND_NS, {}, jid.toString()));
      });
    },
  };
}
