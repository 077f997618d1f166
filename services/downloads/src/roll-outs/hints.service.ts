import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { devicesWoken } from '@muster/contracts';
import { afterCommit, Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { DownloadsConfig } from '../config';
import { ReleaseRow } from '../releases/release.entity';
import { freePlaces } from './free-places';
import { hintCandidates } from './hint-candidates.queries';

/** Roll-outs of one look; the next one finds the others. */
const MOST_ROLL_OUTS = 1000;

/**
 * Tells devices of a roll-out, so that those that are connected come for it now and not within an hour: at each look as
 * many as may begin, each device once after each change of the roll-out. A hint may be lost, and whoever is not
 * connected gets none: they ask by themselves. Safe to run anywhere, also twice at once: a release that somebody works
 * on is passed over.
 */
@Injectable()
export class Hints implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly looking: Periodic;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly config: DownloadsConfig,
    private readonly log: Log,
  ) {
    this.looking = new Periodic(
      config.HINT_SECONDS * 1000,
      () => this.look(),
      (error) => this.failed(error),
    );
  }

  onApplicationBootstrap(): void {
    this.looking.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.looking.stop();
  }

  private async look(): Promise<void> {
    const due: Array<{ organisation_id: string; id: string }> = await this.database.across(
      'roll-outs that devices are told of',
      (manager) =>
        manager.query(
          `SELECT organisation_id, id FROM downloads.releases WHERE hinting ORDER BY organisation_id, id LIMIT ${MOST_ROLL_OUTS}`,
        ),
    );
    // What fails for one is no reason to forget the others.
    for (const { organisation_id: organisationId, id } of due)
      await this.database
        .inOrganisation(organisationId, (manager) => this.hint(manager, organisationId, id))
        .catch((error: unknown) => this.failed(error, id));
  }

  private failed(error: unknown, releaseId?: string): void {
    this.log.warn({ err: error, releaseId }, 'Devices could not be told of releases now; the next look tries again.');
  }

  private async hint(manager: EntityManager, organisationId: string, id: string): Promise<void> {
    const key = { organisationId, id };
    const release = await manager.findOne(ReleaseRow, {
      where: { ...key, hinting: true },
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    });
    if (!release) return;
    if (release.state !== 'running') return void (await manager.update(ReleaseRow, key, { hinting: false }));
    const { HINTS_AT_ONCE, OFFER_HOURS } = this.config;
    const most = Math.min(HINTS_AT_ONCE, await freePlaces(manager, release, OFFER_HOURS));
    if (most <= 0) return;
    const deviceIds = await hintCandidates(manager, release, most);
    const last = deviceIds.at(-1);
    // Fewer than asked for: these were the last.
    const rest = deviceIds.length < most ? { hinting: false, hintedThrough: null } : { hintedThrough: last ?? null };
    await manager.update(ReleaseRow, key, rest);
    // After the commit: another process goes on behind them. Hints that are lost with the bus are not missed for long.
    if (last) afterCommit(manager, () => void this.tell(deviceIds));
  }

  private async tell(deviceIds: string[]): Promise<void> {
    await this.bus.publish(devicesWoken, { deviceIds, about: 'release' }).catch(() => undefined);
  }
}
