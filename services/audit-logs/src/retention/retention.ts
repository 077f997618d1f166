import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, removeOldReceipts } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { Chain } from '../chain/chain.service';
import { detailsOf } from '../chain/draft';
import { AuditLogsConfig } from '../config';
import { SYSTEM } from '../facts/fact-mapping';

const DAY_MS = 86_400_000;
/** Stops a sweep that would go on for ever; the next one goes on. */
const MOST_ROUNDS = 1000;

/**
 * Removes entries whose time is over, up to a signed head that is as old: the checkpoint, where verify begins from then
 * on. The database does it and checks the age itself; that it was done is an entry too.
 */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sweeping: Periodic;

  constructor(
    private readonly database: Database,
    private readonly chain: Chain,
    private readonly config: AuditLogsConfig,
    private readonly log: Log,
  ) {
    this.sweeping = new Periodic(
      config.RETENTION_SECONDS * 1000,
      async () => {
        await this.sweep();
        await this.forgetSpools();
      },
      (error) => log.warn({ err: error }, 'Not all that is old was found; the next sweep looks again.'),
    );
  }

  onApplicationBootstrap(): void {
    this.sweeping.start();
    void this.sweeping.run();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.sweeping.stop();
  }

  /** @returns how many entries went */
  async sweep(now = new Date()): Promise<number> {
    const olderThan = new Date(now.getTime() - this.config.AUDIT_DAYS * DAY_MS);
    const organisations: Array<{ id: string }> = await this.database.across('audit chains with old heads', (manager) =>
      manager.query(
        `SELECT c.organisation_id AS id FROM audit.chains c WHERE EXISTS (
           SELECT FROM audit.heads h JOIN audit.entries e USING (organisation_id, number)
            WHERE h.organisation_id = c.organisation_id AND h.stored_at <= $1)`,
        [olderThan],
      ),
    );
    let total = 0;
    for (const { id } of organisations) total += await this.sweepOne(id, olderThan);
    return total;
  }

  /** What fails in one organisation is for the next sweep, and keeps no other from being swept. */
  private async sweepOne(organisationId: string, olderThan: Date): Promise<number> {
    let total = 0;
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const removed = await this.removeOnce(organisationId, olderThan);
        total += removed;
        if (removed === 0) break;
      }
    } catch (error) {
      this.log.warn(
        { err: error, organisationId },
        'Old audit entries could not be removed; the next sweep tries again.',
      );
    }
    return total;
  }

  private removeOnce(organisationId: string, olderThan: Date): Promise<number> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const [gone]: Array<{ checkpoint: string; removed: string }> = await manager.query(
        'SELECT checkpoint::text AS checkpoint, removed::text AS removed FROM audit.remove_expired($1, $2)',
        [olderThan, this.config.RETENTION_BATCH],
      );
      if (!gone || Number(gone.removed) === 0) return 0;
      const { checkpoint, removed } = gone;
      await this.chain.append(manager, organisationId, [
        {
          at: new Date().toISOString(),
          actor: SYSTEM,
          action: 'audit.expired',
          outcome: 'done',
          target: { kind: 'audit-checkpoint', id: checkpoint },
          details: detailsOf({ removed, keptDays: this.config.AUDIT_DAYS }),
        },
      ]);
      this.log.info({ organisationId, checkpoint, removed }, 'Removed audit entries whose time is over.');
      return Number(removed);
    });
  }

  /** Spools that nothing new came of for so long that nothing can come again. */
  async forgetSpools(): Promise<void> {
    const removed = await removeOldReceipts(this.database, 'audit', { keepDays: this.config.RECEIPT_DAYS });
    if (removed > 0) this.log.info({ removed }, 'Forgot spools that nothing new came of for long.');
  }
}
