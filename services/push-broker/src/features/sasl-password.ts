import type { Accounts, AccountKind, StoredSecret } from '../core/accounts';
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

/** Who somebody says that they are. A name that is not known has a secret too, that nobody has. */
export interface Claim {
  secret: StoredSecret;
  /** To be called once it is known whether the secret was right. @throws SaslFailure unless all is well */
  settle(proved: boolean, authzid: string): Extract<SaslStep, { account: Jid }>;
}

/**
 * Looks up a name that a peer claims.
 * @throws SaslFailure when too many attempts have failed
 */
export async function claim(
  { server, accounts, guesses }: PasswordContext,
  stream: Stream,
  name: string,
): Promise<Claim> {
  const username = localpart(name);
  const counted = username ?? name.slice(0, 1023);
  if (!guesses.allows(stream.peer.address, counted))
    throw new SaslFailure('temporary-auth-failure', 'too many attempts have failed: come back later');
  const found = username === undefined ? undefined : await accounts.find(username);
  const known = found?.secret ? found : undefined;
  return {
    secret: known?.secret ?? accounts.decoy(counted),
    settle: (proved, authzid) => {
      const account = known && accountOf(server, known.account.username);
      if (!proved || !account) {
        guesses.failed(stream.peer.address, counted);
        throw new SaslFailure('not-authorized');
      }
      if (authzid !== '' && Jid.parse(authzid)?.toString() !== account.bare) throw new SaslFailure('invalid-authzid');
      const kind: AccountKind = known.account.kind;
      return { account, kind };
    },
  };
}

const accountOf = (server: XmppServer, username: string): Jid | undefined => Jid.parse(`${username}@${server.domain}`);
