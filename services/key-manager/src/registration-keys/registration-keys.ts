import { Injectable } from '@nestjs/common';
import { AppError, type ErrorCode, type RegistrationKey } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { RefusedEnrolments } from '../devices/refused-enrolments';
import { AddressFailures } from '../limits/address-failures';
import { RegistrationKeyEntity } from './registration-key.entity';

const REFUSALS: Record<Exclude<RegistrationKey['state'], 'active'>, { code: ErrorCode; sentence: string }> = {
  spent: {
    code: 'key-spent',
    sentence: 'This registration key has enrolled as many devices as it may. Ask your administrator for another one.',
  },
  expired: {
    code: 'key-expired',
    sentence: 'This registration key has expired. Ask your administrator for a new one.',
  },
  revoked: {
    code: 'key-revoked',
    sentence: 'This registration key was revoked. Ask your administrator for a new one.',
  },
};

export function stateOf(row: RegistrationKeyEntity): RegistrationKey['state'] {
  if (row.revokedAt) return 'revoked';
  if (row.expiresAt && row.expiresAt <= new Date()) return 'expired';
  if (row.deviceLimit !== null && row.devicesEnrolled >= row.deviceLimit) return 'spent';
  return 'active';
}

/** Registration keys as devices present them. */
@Injectable()
export class RegistrationKeys {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly failures: AddressFailures,
    private readonly refusals: RefusedEnrolments,
    log: Log,
  ) {
    this.log = log.child({ part: 'registration-keys' });
  }

  /** @throws AppError `key-unknown`, or `too-many-requests` after many failures from the address */
  async find(key: string, address: string): Promise<RegistrationKeyEntity> {
    const row = await this.database.across('registration key by its value', (manager) =>
      manager.findOneBy(RegistrationKeyEntity, { key }),
    );
    return this.known(row, address);
  }

  /** What was looked up, if there is such a key. @throws AppError as `find` does */
  async known(row: RegistrationKeyEntity | null, address: string): Promise<RegistrationKeyEntity> {
    if (row) return row;
    const sentence = 'This registration key is not known here. Copy the whole install line again.';
    throw await this.refusal(new AppError('key-unknown', sentence), address);
  }

  /** @throws AppError with the reason why it may not enrol a device, or `too-many-requests` */
  async requireActive(row: RegistrationKeyEntity, address: string): Promise<void> {
    const state = stateOf(row);
    if (state === 'active') return;
    const { code, sentence } = REFUSALS[state];
    throw await this.refusal(new AppError(code, sentence), address, row);
  }

  /** Has the audit log told that nobody was enrolled with this key, for whatever reason. @returns the error */
  refused(error: AppError, address: string, row?: RegistrationKeyEntity): AppError {
    const fields = { code: error.code, address, registrationKeyId: row?.id, organisationId: row?.organisationId };
    this.log.warn(fields, 'Refused a registration key.');
    this.refusals.count({ address, reason: error.code, ...(row ? { registrationKey: row } : {}) });
    return error;
  }

  /** A spent key is no guess: devices that it enrolled present it again when they are upgraded. It counts for nothing. */
  private async refusal(error: AppError, address: string, row?: RegistrationKeyEntity): Promise<AppError> {
    this.refused(error, address, row);
    return error.code === 'key-spent' ? error : this.failures.count('registration-key', address, error);
  }
}
