import { SCRAM_HASHES } from '../core/accounts';
import type { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import { type Revocations, saslExternal } from './sasl-external';
import type { SaslMechanism } from './sasl-mechanism';
import type { PasswordContext } from './sasl-password';
import { saslPlain } from './sasl-plain';
import { isBindable, saslScram } from './sasl-scram';

/** Names of all mechanisms, the strongest first, which is the order in which they are offered. */
export const SASL_MECHANISMS = [
  'EXTERNAL',
  'SCRAM-SHA-512-PLUS',
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-512',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'PLAIN',
] as const;
export type SaslMechanismName = (typeof SASL_MECHANISMS)[number];

/** Every mechanism there is; those with a secret where there are accounts that have one. */
export function saslMechanisms(
  server: XmppServer,
  revocations: Revocations,
  passwords: PasswordContext | undefined,
  isEnabled: (name: string) => boolean,
): SaslMechanism[] {
  const all = [saslExternal(server, revocations)];
  if (passwords) {
    for (const plus of [true, false])
      for (const hash of SCRAM_HASHES.toReversed()) {
        const plusOffered = (stream: Stream): boolean => isEnabled(`SCRAM-${hash}-PLUS`) && isBindable(stream);
        all.push(saslScram(passwords, { hash, plus, plusOffered }));
      }
    all.push(saslPlain(passwords));
  }
  return all;
}
