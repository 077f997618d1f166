import { type Accounts, type Soon, soon, type StoredSecret } from '../core/accounts';
import { Jid, localpart } from '../core/jid';
import type { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import type { Guesses } from './sasl-guesses';
import { SaslFailure, type SaslStep } from './sasl-mechanism';

/** What a mechanism with a secret needs of the server. */
export interface PasswordContext {
  server: XmppServer;
  accounts: Accounts;
  guesses: Guesses;
}

/** Who somebody says that they are. */
export interface Claim {
  /** Of the account; the decoy where there is none. */
  secret: StoredSecret;
  /** A secret that nobody has. Whoever works with it for every name lets nobody measure which ones are known. */
  decoy: StoredSecret;
  /** To be called once it is known whether the secret was right. @throws SaslFailure unless all is well */
  settle(proved: boolean, authzid: string): Extract<SaslStep, { account: Jid }>;
}

/**
 * Looks up a name that a peer claims.
 * @throws SaslFailure when too many attempts have failed
 */
export function claim({ server, accounts, guesses }: PasswordContext, stream: Stream, name: string): Soon<Claim> {
  const username = localpart(name);
  const counted = username ?? name.slice(0, 1023);
  if (!guesses.allows(stream.peer.address, counted))
    throw new SaslFailure('temporary-auth-failure', 'too many attempts have failed: come back later');
  return soon(username === undefined ? undefined : accounts.find(username), (found) => {
    const decoy = accounts.decoy(counted);
    const known = found?.secret && { jid: accountOf(server, found.account.username), kind: found.account.kind };
    return {
      secret: found?.secret ?? decoy,
      decoy,
      settle: (proved, authzid) => {
        if (!proved || !known?.jid) {
          guesses.failed(stream.peer.address, counted);
          throw new SaslFailure('not-authorized');
        }
        const account = known.jid;
        if (authzid !== '' && Jid.parse(authzid)?.toString() !== account.bare) throw new SaslFailure('invalid-authzid');
        return { account, kind: known.kind };
      },
    };
  });
}

const accountOf = (server: XmppServer, username: string): Jid | undefined => Jid.parse(`${username}@${server.domain}`);
