import { isUtf8 } from 'node:buffer';
import type { AccountKind } from '../core/accounts';
import type { Jid } from '../core/jid';
import type { Stream } from '../core/stream';

/** Conditions of RFC 6120, section 6.5. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** Ends an attempt to authenticate. The text is for whoever reads the client's log, and must tell nothing of accounts. */
export class SaslFailure extends Error {
  constructor(
    readonly condition: SaslCondition,
    readonly text?: string,
  ) {
    super(text ?? condition);
    this.name = 'SaslFailure';
  }
}

/** What comes after a response: a challenge (an empty one is told as such), or the end. */
export type SaslStep =
  | { challenge: string }
  | {
      account: Jid;
      kind: AccountKind;
      /** Additional data with success. */
      data?: string;
    };

/** One attempt with one mechanism. */
export interface SaslExchange {
  /**
   * @param response undefined when the client sent no initial response
   * @throws SaslFailure, here or as a rejection
   */
  respond(response: Buffer | undefined): SaslStep | Promise<SaslStep>;
}

/** A SASL mechanism (RFC 4422): one file that is listed in `sasl-mechanisms.ts`. */
export interface SaslMechanism {
  name: string;
  /** Whether it can be used on this stream, as far as the transport goes. */
  suits(stream: Stream): boolean;
  begin(stream: Stream): SaslExchange;
}

/** @throws SaslFailure when the bytes are not UTF-8 */
export function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new SaslFailure('malformed-request', 'not UTF-8');
  return bytes.toString('utf8');
}
