import { Injectable } from '@nestjs/common';
import {
  AppError,
  deviceUpdateEnded,
  type Principal,
  rollOutStopped,
  SUITE,
  type UpdateOutcome,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { ReleaseRow } from '../releases/release.entity';
import { DeviceReleaseRow } from './device-release.entity';
import { stopReason } from './roll-out';

/** Counts what became of updates, and stops a roll-out that fails on too many devices. */
@Injectable()
export class Outcomes {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    log: Log,
  ) {
    this.log = log.child({ part: 'roll-outs' });
  }

  /** The first outcome counts; repetitions change nothing. @throws AppError `not-found` when it was not offered */
  async take({ id: deviceId, organisationId }: Principal, releaseId: string, given: UpdateOutcome): Promise<void> {
    await this.database.inOrganisation(organisationId, async (manager) => {
      const release = await manager.findOne(ReleaseRow, {
        where: { organisationId, id: releaseId },
        lock: { mode: 'pessimistic_write' },
      });
      const offered = release && (await manager.findOneBy(DeviceReleaseRow, { organisationId, releaseId, deviceId }));
      if (!offered) throw new AppError('not-found', 'This release was not offered to this device.');
      if (offered.state !== 'offered') return;
      const { outcome, fromVersion, why } = given;
      const at = new Date();
      const key = { organisationId, releaseId, deviceId };
      await manager.update(DeviceReleaseRow, key, { state: outcome, changedAt: at, why: why ?? null });
      release[outcome] += 1;
      await manager.update(ReleaseRow, { organisationId, id: releaseId }, { [outcome]: release[outcome] });
      const { version } = release;
      const fact = { organisationId, at: at.toISOString(), releaseId, deviceId, fromVersion, version, outcome };
      await this.outbox.add(manager, deviceUpdateEnded, { ...fact, ...(why === undefined ? {} : { why }) });
      if (outcome === 'failed' && release.state === 'running') await this.haltIfDue(manager, release);
    });
  }

  private async haltIfDue(manager: EntityManager, release: ReleaseRow): Promise<void> {
    const { organisationId, id, version, platform, sha256, stopRule } = release;
    const since = [release.installed - release.installedBefore, release.failed - release.failedBefore] as const;
    const because = stopReason(stopRule, ...since);
    if (because === undefined) return;
    await manager.update(ReleaseRow, { organisationId, id }, { state: 'halted', stoppedBecause: because });
    await this.outbox.add(manager, rollOutStopped, {
      ...{ organisationId, at: new Date().toISOString(), actor: SUITE },
      ...{ releaseId: id, version, platform, sha256, because },
    });
    this.log.warn({ organisationId, releaseId: id, version, because }, 'A roll-out stopped itself.');
  }
}
