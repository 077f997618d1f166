import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { AppError, describeRegistrationKey } from '@muster/contracts';

/** Asks the key manager whether a registration key opens anything. */
@Injectable()
export class KeyDoor {
  constructor(private readonly bus: Bus) {}

  /**
   * A spent key passes: devices that it enrolled come back with it to be upgraded, and enrolment refuses new ones.
   * @throws AppError `key-unknown`, `key-expired`, `key-revoked`, `too-many-requests` or `unavailable`
   */
  async pass(key: string, address: string): Promise<void> {
    try {
      await this.bus.request(describeRegistrationKey, { key, address });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'key-spent') throw error;
    }
  }
}
