import { Injectable } from '@nestjs/common';
import type { AppError } from '@muster/contracts';
import { AddressFailures } from '../limits/address-failures';
import { SignInAttempts } from './sign-in-attempts';

/** Both limits on guessing passwords: per address and per user. */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly addresses: AddressFailures,
    private readonly attempts: SignInAttempts,
  ) {}

  /** Before a password is looked at. @throws AppError `too-many-requests`, `locked-out` */
  async admit(email: string, address: string): Promise<void> {
    await this.addresses.refuse('sign-in', address);
    await this.attempts.begin(email);
  }

  failed(address: string, error: AppError): Promise<AppError> {
    return this.addresses.count('sign-in', address, error);
  }

  succeeded(email: string): Promise<void> {
    return this.attempts.forget(email);
  }
}
