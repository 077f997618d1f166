import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database } from '@muster/database';
import { KeyManagerConfig } from '../key-manager.config';
import { AddressFailureEntity } from './address-failure.entity';
import type { Alongside } from './alongside';
import { networkOf } from './network-address';

export const FAILURE_WINDOW_MS = 15 * 60_000;
export type FailureScope = 'sign-in' | 'registration-key' | 'renewal' | 'link';

/**
 * Counts failures per address in windows of 15 minutes. Only failures: ten thousand devices behind one address that
 * succeed are never slowed down.
 */
@Injectable()
export class AddressFailures {
  constructor(
    private readonly database: Database,
    private readonly config: KeyManagerConfig,
  ) {}

  /**
   * Counts a failure, and does in the same transaction what goes with it.
   * @returns the error to throw: the given one, or `too-many-requests` once there were too many
   */
  async count(scope: FailureScope, address: string, error: AppError, alongside?: Alongside): Promise<AppError> {
    const now = new Date();
    const stale = new Date(now.getTime() - FAILURE_WINDOW_MS);
    const rows = await this.database.unscoped(async (manager) => {
      await alongside?.(manager);
      return manager.query<Array<{ failures: number; since: Date }>>(
        `INSERT INTO identity.address_failures AS f (scope, address, failures, since) VALUES ($1, $2, 1, $3)
         ON CONFLICT (scope, address) DO UPDATE
           SET failures = CASE WHEN f.since <= $4 THEN 1 ELSE f.failures + 1 END,
               since = CASE WHEN f.since <= $4 THEN $3 ELSE f.since END
         RETURNING failures, since`,
        [scope, networkOf(address), now, stale],
      );
    });
    const [row] = rows;
    return row && row.failures > this.config.FAILURES_PER_ADDRESS ? tooMany(row.since) : error;
  }

  /** For what costs work before it can fail. @throws AppError `too-many-requests` when the address failed too often */
  async refuse(scope: FailureScope, address: string): Promise<void> {
    const row = await this.database.unscoped((manager) =>
      manager.findOneBy(AddressFailureEntity, { scope, address: networkOf(address) }),
    );
    const open = row && row.since.getTime() > Date.now() - FAILURE_WINDOW_MS;
    if (open && row.failures >= this.config.FAILURES_PER_ADDRESS) throw tooMany(row.since);
  }
}

function tooMany(since: Date): AppError {
  const seconds = Math.max(1, Math.ceil((since.getTime() + FAILURE_WINDOW_MS - Date.now()) / 1000));
  return new AppError('too-many-requests', 'Too many failures came from your network. Wait a while, then try again.', {
    retryAfterSeconds: seconds,
  });
}
