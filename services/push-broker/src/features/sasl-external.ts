import type { Feature } from '../core/feature';
import { Jid } from '../core/jid';
import type { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { type Element, element } from '../core/xml/element';

const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
/** Attempts on one stream; RFC 6120 section 6.4.4 recommends two to five. */
const MAX_ATTEMPTS = 3;

type FailureCondition =
  'account-disabled' | 'invalid-authzid' | 'invalid-mechanism' | 'malformed-request' | 'not-authorized';

/** What the certificate authority took back since it issued a certificate. */
export interface Revocations {
  isRevoked(kind: 'device' | 'certificate', id: string): boolean;
}

/**
 * SASL EXTERNAL: the account is the `id-on-xmppAddr` of the client certificate, which the TLS layer has verified. The
 * peer may name the same account in its authorisation identity, and nothing else. There is no challenge, so a client
 * may send everything up to its resource binding in one flight.
 */
export function saslExternal(revocations: Revocations): Feature {
  return {
    name: 'sasl-external',
    specification: 'RFC 6120 6, RFC 4422 appendix A, XEP-0178 1.2',
    install(server) {
      const attempts = new WeakMap<Stream, number>();

      server.advertise((stream) => {
        if (stream.account) return undefined;
        if (accountsOf(stream, server).length === 0) {
          server.events.emit('refused', 'no-account', stream.peer.address);
          throw new StreamError('not-authorized', `the client certificate names no account of ${server.domain}`);
        }
        return element('mechanisms', SASL_NS, {}, element('mechanism', SASL_NS, {}, 'EXTERNAL'));
      });

      server.handlers.onElement('connected', SASL_NS, 'auth', (stream, auth) => {
        if (stream.account) throw new StreamError('policy-violation', 'already authenticated');
        const verdict = authenticate(server, stream, auth, revocations);
        if (verdict instanceof Jid) {
          stream.account = verdict;
          stream.kind = 'device';
          stream.send(element('success', SASL_NS));
          return stream.restart();
        }
        const attempt = (attempts.get(stream) ?? 0) + 1;
        attempts.set(stream, attempt);
        server.events.emit('refused', verdict, stream.peer.address);
        stream.send(element('failure', SASL_NS, {}, element(verdict, SASL_NS)));
        if (attempt === MAX_ATTEMPTS) throw new StreamError('policy-violation', 'too many failed attempts');
      });
    },
  };
}

function authenticate(
  server: XmppServer,
  stream: Stream,
  auth: Element,
  revocations: Revocations,
): Jid | FailureCondition {
  if (auth.attribute('mechanism') !== 'EXTERNAL') return 'invalid-mechanism';
  const accounts = accountsOf(stream, server);
  const authzid = decode(auth.text);
  if (authzid === undefined) return 'malformed-request';
  const named = authzid === '' ? undefined : Jid.parse(authzid)?.toString();
  const account = authzid === '' && accounts.length === 1 ? accounts[0] : accounts.find(({ bare }) => bare === named);
  if (!account) return 'invalid-authzid';
  if (revocations.isRevoked('device', account.local)) return 'account-disabled';
  if (revocations.isRevoked('certificate', stream.peer.certificate?.sha256 ?? '')) return 'not-authorized';
  return account;
}

/** Bare addresses of this domain that the certificate was issued to. */
function accountsOf({ peer }: Stream, server: XmppServer): Jid[] {
  return (peer.certificate?.xmppAddresses ?? [])
    .map((address) => Jid.parse(address))
    .filter((jid): jid is Jid => jid?.domain === server.domain && jid.local !== '' && jid.resource === '');
}

/** Text of an initial response; `=` stands for an empty one (RFC 6120, section 6.4.2). @returns undefined if malformed */
function decode(response: string): string | undefined {
  if (response === '' || response === '=') return '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(response) || response.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(response, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
