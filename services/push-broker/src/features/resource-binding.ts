import type { Feature } from '../core/feature';
import { Jid } from '../core/jid';
import { randomText } from '../core/random-text';
import type { XmppServer } from '../core/server';
import { StanzaError } from '../core/stanza-error';
import { StreamError } from '../core/stream-error';
import type { Stream } from '../core/stream';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';

const BIND_NS = 'urn:ietf:params:xml:ns:xmpp-bind';

export interface ResourceBindingOptions {
  /** Sessions of one account that is no device; a device has one. */
  sessionsPerAccount: number;
}

/**
 * Resource binding. A device has one session, and what usually is in the way of a new one is the connection that it
 * lost without noticing, so the old one gives way; the server makes its resource, which then neither collides nor says
 * anything. Whoever else signs in may name the resource. One that is in use is taken from the session that has it (RFC
 * 6120, section 7.7.2.2, third policy), for the same reason; an account with too many sessions is told (7.6.2.1).
 */
export function resourceBinding({ sessionsPerAccount }: ResourceBindingOptions): Feature {
  return {
    name: 'resource-binding',
    specification: 'RFC 6120 7',
    install(server) {
      const offer = constant(element('bind', BIND_NS));
      server.advertise((stream) => (stream.account ? offer : undefined));

      server.handlers.onIq('authenticated', 'set', BIND_NS, 'bind', (stream, bind) => {
        if (!stream.account) throw new StanzaError('not-allowed');
        if (stream.session) throw new StanzaError('not-allowed', 'a stream has one resource');
        const full = stream.kind === 'device' ? stream.account.withResource(made()) : named(stream.account, bind);
        makeRoom(server, stream, full, stream.kind === 'device' ? 1 : sessionsPerAccount);
        const { jid } = server.bind(stream, full);
        return element('bind', BIND_NS, {}, element('jid', BIND_NS, {}, jid.toString()));
      });
    },
  };
}

/** 72 random bits: resources must not be guessed (RFC 6120, section 13.10.2). */
const made = (): string => randomText(9);

/** The address with the resource that the client asks for, or with one that is made. */
function named(account: Jid, bind: Element): Jid {
  const wanted = bind.child('resource', BIND_NS)?.text ?? '';
  if (wanted === '') return account.withResource(made());
  const full = Jid.parse(`${account.bare}/${wanted}`);
  if (!full) throw new StanzaError('bad-request', 'this cannot be a resource');
  return full;
}

function makeRoom(server: XmppServer, { account, kind }: Stream, full: Jid, limit: number): void {
  const present = server.sessions.of(account?.bare ?? '');
  const same = present.filter(({ jid }) => jid.resource === full.resource);
  const oldest = kind === 'device' ? present.slice(0, Math.max(0, present.length - limit + 1)) : [];
  if (kind !== 'device' && present.length - same.length >= limit)
    throw new StanzaError('resource-constraint', `an account has ${limit} sessions at most`);
  for (const session of new Set([...same, ...oldest]))
    session.end(new StreamError('conflict', 'the same account connected again'));
}
