import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database } from '@muster/database';
import { KeyManagerConfig } from '../../key-manager.config';
import { FAILURE_WINDOW_MS } from '../../limits/address-failures';
import { networkOf } from '../../limits/network-address';
import { digest } from '../../secrets/secret';

/** How often somebody may ask for a link: per network address, and per e-mail address whether anybody has it or not. */
@Injectable()
export class ResetLimits {
  constructor(
    private readonly database: Database,
    private readonly config: KeyManagerConfig,
  ) {}

  /** Counts a request against both. @throws AppError `too-many-requests` */
  async count(email: string, address: string): Promise<void> {
    await this.countOne('reset-network', networkOf(address), this.config.PASSWORD_RESETS_PER_ADDRESS);
    await this.countOne('reset-email', digest(email).toString('hex'), this.config.PASSWORD_RESETS_PER_EMAIL);
  }

  private async countOne(scope: string, key: string, most: number): Promise<void> {
    const now = new Date();
    const stale = new Date(now.getTime() - FAILURE_WINDOW_MS);
    const [row] = await this.database.unscoped((manager) =>
      manager.query<Array<{ failures: number; since: Date }>>(
        `INSERT INTO identity.address_failures AS f (scope, address, failures, since) VALUES ($1, $2, 1, $3)
         ON CONFLICT (scope, address) DO UPDATE
           SET failures = CASE WHEN f.since <= $4 THEN 1 ELSE least(f.failures + 1, 1000000) END,
               since = CASE WHEN f.since <= $4 THEN $3 ELSE f.since END
         RETURNING failures, since`,
        [scope, key, now, stale],
      ),
    );
    if (!row || row.failures <= most) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((row.since.getTime() + FAILURE_WINDOW_MS - now.getTime()) / 1000));
    throw new AppError(
      'too-many-requests',
      'A new password was asked for too often. Look into your mailbox, or wait a while.',
      { retryAfterSeconds },
    );
  }
}
