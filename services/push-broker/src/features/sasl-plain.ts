import { type Soon, soon } from '../core/accounts';
import { opaqueString } from '../core/precis';
import type { Stream } from '../core/stream';
import { SaslFailure, type SaslMechanism, type SaslStep, utf8 } from './sasl-mechanism';
import { claim, type PasswordContext } from './sasl-password';

/** SASL PLAIN (RFC 4616), never outside of TLS: `[authzid] NUL authcid NUL passwd`. */
export function saslPlain(context: PasswordContext): SaslMechanism {
  return {
    name: 'PLAIN',
    suits: (stream) => stream.secure,
    begin: (stream) => ({
      respond: (response) => (response === undefined ? { challenge: '' } : authenticate(context, stream, response)),
    }),
  };
}

function authenticate(context: PasswordContext, stream: Stream, message: Buffer): Soon<SaslStep> {
  const [authzid, name, password, ...more] = utf8(message).split('\0');
  if (authzid === undefined || !name || !password || more.length > 0) throw new SaslFailure('malformed-request');
  const prepared = opaqueString(password);
  return soon(claim(context, stream, name), ({ secret, settle }) =>
    soon(secret.matches(prepared ?? password), (proved) => settle(proved && prepared !== undefined, authzid)),
  );
}
