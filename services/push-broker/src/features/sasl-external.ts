import { Jid } from '../core/jid';
import { isDevice } from '../core/policy';
import type { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import { SaslFailure, type SaslMechanism, type SaslStep, utf8 } from './sasl-mechanism';

/** What the certificate authority took back since it issued a certificate. */
export interface Revocations {
  isRevoked(kind: 'device' | 'certificate', id: string): boolean;
}

/**
 * SASL EXTERNAL (RFC 4422, appendix A; XEP-0178): the account is the `id-on-xmppAddr` of the client certificate, which the
 * TLS layer has verified. The peer may name the same account in its authorisation identity, and nothing else. There is
 * no challenge, so a client may send everything up to its resource binding in one flight.
 */
export function saslExternal(server: XmppServer, revocations: Revocations): SaslMechanism {
  return {
    name: 'EXTERNAL',
    suits: (stream) => accountsOf(stream, server).length > 0,
    begin: (stream) => ({ respond: (response) => authenticate(server, stream, response, revocations) }),
  };
}

function authenticate(
  server: XmppServer,
  stream: Stream,
  response: Buffer | undefined,
  revocations: Revocations,
): SaslStep {
  const accounts = accountsOf(stream, server);
  const authzid = utf8(response ?? Buffer.alloc(0));
  const named = authzid === '' ? undefined : Jid.parse(authzid)?.toString();
  const account = authzid === '' && accounts.length === 1 ? accounts[0] : accounts.find(({ bare }) => bare === named);
  if (!account) throw new SaslFailure('invalid-authzid');
  if (revocations.isRevoked('device', account.local)) throw new SaslFailure('account-disabled');
  if (revocations.isRevoked('certificate', stream.peer.certificate?.sha256 ?? ''))
    throw new SaslFailure('not-authorized');
  return { account, kind: isDevice(account) ? 'device' : 'tool' };
}

/** Bare addresses of this domain that the certificate was issued to. */
function accountsOf({ peer }: Stream, server: XmppServer): Jid[] {
  return (peer.certificate?.xmppAddresses ?? [])
    .map((address) => Jid.parse(address))
    .filter((jid): jid is Jid => jid?.domain === server.domain && jid.local !== '' && jid.resource === '');
}
