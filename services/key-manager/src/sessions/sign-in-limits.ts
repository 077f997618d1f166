import { Injectable } from '@nestjs/common';
import type { AppError } from '@muster/contracts';
import { AddressFailures } from '../limits/address-failures';
import type { Alongside } from '../limits/alongside';
import { SignInAttempts } from './sign-in-attempts';

/** Both limits on guessing passwords: per address and per user. Before a password is looked at: `refuse` and `begin`. */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly addresses: AddressFailures,
    private readonly attempts: SignInAttempts,
  ) {}

  /** @throws AppError `too-many-requests` when the address failed too often */
  refuse(address: string): Promise<void> {
    return this.addresses.refuse('sign-in', address);
  }

  /** @throws AppError `locked-out`; the first time in each lock-out `firstRefusal` is done with it */
  begin(email: string, firstRefusal?: Alongside): Promise<void> {
    return this.attempts.begin(email, firstRefusal);
  }

  failed(address: string, error: AppError, alongside?: Alongside): Promise<AppError> {
    return this.addresses.count('sign-in', address, error, alongside);
  }

  succeeded(email: string): Promise<void> {
    return this.attempts.forget(email);
  }
}
