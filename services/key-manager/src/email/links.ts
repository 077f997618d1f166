import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { KeyManagerConfig } from '../key-manager.config';
import { AddressFailures } from '../limits/address-failures';

/**
 * Links that lead into the console. They begin with the configured origin, never with what a request said about its
 * host. The secret stands behind `#`: browsers keep that to themselves, so that it is in no log and in no `Referer`, and
 * a mail filter that opens links to look at them uses nothing up.
 */
@Injectable()
export class Links {
  constructor(
    private readonly config: KeyManagerConfig,
    private readonly addresses: AddressFailures,
  ) {}

  get origin(): string {
    return this.config.CONSOLE_ORIGIN;
  }

  to(page: string, secret: string): string {
    return `${new URL(this.config.CONSOLE_ORIGIN).origin}${page}#${secret}`;
  }

  /** Before a secret is looked up. @throws AppError `too-many-requests` when the address guessed too often */
  refuse(address: string): Promise<void> {
    return this.addresses.refuse('link', address);
  }

  /** @returns the error to throw for a secret that opens nothing */
  unknown(address: string, sentence: string): Promise<AppError> {
    return this.addresses.count('link', address, new AppError('not-found', sentence));
  }
}

/** A time as people read it in a message, in UTC. */
export const inUtc = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
