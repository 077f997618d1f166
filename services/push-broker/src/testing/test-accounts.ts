import { join } from 'node:path';
import { AccountsFile } from '../accounts/accounts-file';
import type { SaslOptions } from '../features/sasl';

/** What transcripts may say of accounts with a secret: `[with secrets 1, wrongForAccount 2]`. */
const NAMES = ['secrets', 'wrongForAccount', 'wrongFromAddress', 'withoutSha1'];

/** Takes what is about accounts out of a transcript's options. */
export function accountsAskedFor(options: Record<string, number>): {
  sasl?: Omit<SaslOptions, 'revocations'>;
  rest: Record<string, number>;
} {
  const rest = Object.fromEntries(Object.entries(options).filter(([name]) => !NAMES.includes(name)));
  if (!options['secrets']) return { rest };
  const guesses = {
    perAccount: options['wrongForAccount'] ?? 100,
    perAddress: options['wrongFromAddress'] ?? 100,
    windowSeconds: 60,
  };
  const strong = ['SCRAM-SHA-512-PLUS', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'];
  const mechanisms = options['withoutSha1'] ? { mechanisms: strong } : {};
  return { sasl: { accounts: testAccounts(), guesses, ...mechanisms }, rest };
}

/** `integrator`, whose password is `pencil`, and `cronjob`, whose password is `eraser`. */
export const testAccounts = (): AccountsFile =>
  new AccountsFile({ path: join(import.meta.dirname, 'test-accounts.txt'), saltKey: Buffer.alloc(32, 'salt') });
