import { List, oneOf, Text, Whole } from '@muster/contracts';
import { BaseConfig } from '@muster/service-kit';
import type { Accounts } from '../core/accounts';
import { SASL_MECHANISMS, type SaslMechanismName } from '../features/sasl-mechanisms';
import type { SaslOptions } from '../features/sasl';

/** How others than devices sign in, a part of the push broker's configuration. */
export class AccountsConfig extends BaseConfig {
  @Text({
    max: 1000,
    optional: true,
    about:
      'File with the accounts of tools and integrators, a line each: name:password or name:SCRAM-SHA-256$…; without it a device certificate is the only way in.',
  })
  XMPP_USERS_FILE?: string;
  @List(oneOf(SASL_MECHANISMS), { min: 1, max: SASL_MECHANISMS.length, about: 'SASL mechanisms that may be used.' })
  XMPP_SASL_MECHANISMS: SaslMechanismName[] = [...SASL_MECHANISMS];
  @Whole({
    min: 1,
    max: 1_000_000,
    about:
      'Wrong secrets from one IPv4 address or IPv6 /64, within XMPP_SASL_FAILURE_SECONDS, after which it has to wait.',
  })
  XMPP_SASL_FAILURES_PER_ADDRESS = 200;
  @Whole({ min: 1, max: 1_000_000, about: 'The same for one account, from wherever they come.' })
  XMPP_SASL_FAILURES_PER_ACCOUNT = 30;
  @Whole({ min: 1, max: 86_400, about: 'Seconds over which wrong secrets are counted.' })
  XMPP_SASL_FAILURE_SECONDS = 300;

  signingIn(accounts: Accounts | undefined): Omit<SaslOptions, 'revocations'> {
    return {
      ...(accounts ? { accounts } : {}),
      mechanisms: this.XMPP_SASL_MECHANISMS,
      guesses: {
        perAddress: this.XMPP_SASL_FAILURES_PER_ADDRESS,
        perAccount: this.XMPP_SASL_FAILURES_PER_ACCOUNT,
        windowSeconds: this.XMPP_SASL_FAILURE_SECONDS,
      },
    };
  }
}
