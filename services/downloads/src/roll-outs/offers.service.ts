import { Injectable } from '@nestjs/common';
import { type AskRelease, compareVersions, type Principal, type ReleaseAnswer } from '@muster/contracts';
import { Database } from '@muster/database';
import { type EntityManager, In } from 'typeorm';
import { DownloadsConfig } from '../config';
import { ReleaseRow } from '../releases/release.entity';
import { DeviceChannelRow } from './device-channel.entity';
import { DeviceReleaseRow } from './device-release.entity';
import { freePlaces } from './free-places';
import { noteAgent } from './hint-candidates.queries';
import { isAmong, replaces } from './roll-out';

type Turn = ReleaseRow | 'later' | undefined;

/** Says which release a device should run. */
@Injectable()
export class Offers {
  constructor(
    private readonly database: Database,
    private readonly config: DownloadsConfig,
  ) {}

  async ask(device: Principal, asked: AskRelease): Promise<ReleaseAnswer> {
    const { id, organisationId } = device;
    const turn = await this.database.inOrganisation(organisationId, async (manager) => {
      await noteAgent(manager, device, asked);
      return this.choose(manager, organisationId, id, asked);
    });
    const { ASK_AGAIN_SECONDS, ASK_SOON_SECONDS, GREEN_WITHIN_SECONDS } = this.config;
    if (turn === undefined) return { askAgainSeconds: ASK_AGAIN_SECONDS };
    if (turn === 'later') return { askAgainSeconds: ASK_SOON_SECONDS };
    const { id: releaseId, manifest } = turn;
    return {
      release: { releaseId, manifest, greenWithinSeconds: GREEN_WITHIN_SECONDS },
      askAgainSeconds: ASK_AGAIN_SECONDS,
    };
  }

  /** The release whose package this device may have now, if it is one. */
  offeredTo({ id: deviceId, organisationId }: Principal, releaseId: string): Promise<ReleaseRow | undefined> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const key = { organisationId, releaseId, deviceId, state: 'offered' as const };
      if (!(await manager.existsBy(DeviceReleaseRow, key))) return undefined;
      const found = await manager.findOneBy(ReleaseRow, { organisationId, id: releaseId, state: 'running' });
      return found ?? undefined;
    });
  }

  /** The newest that fits and has not failed on this device. */
  private async choose(
    manager: EntityManager,
    organisationId: string,
    deviceId: string,
    { version, platform }: AskRelease,
  ): Promise<Turn> {
    const running = await manager.findBy(ReleaseRow, {
      organisationId,
      state: 'running',
      platform: In(['any', platform]),
    });
    const fitting = running.filter((release) => replaces(release, version));
    if (fitting.length === 0) return undefined;
    const beta = await manager.existsBy(DeviceChannelRow, { organisationId, deviceId, channel: 'beta' });
    const mine = fitting
      .filter(({ channel }) => channel === 'stable' || beta)
      .filter(({ id, percentage }) => isAmong(id, deviceId, percentage))
      .toSorted((left, right) => compareVersions(right.version, left.version));
    for (const release of mine) {
      const known = await manager.findOneBy(DeviceReleaseRow, { organisationId, releaseId: release.id, deviceId });
      if (known?.state === 'failed') continue;
      return known?.state === 'offered' ? release : this.offer(manager, release, deviceId, version, known ?? undefined);
    }
    return undefined;
  }

  /** Under the lock of the release's row, so that neither a stop nor the number of those that update is overtaken. */
  private async offer(
    manager: EntityManager,
    { organisationId, id: releaseId }: ReleaseRow,
    deviceId: string,
    fromVersion: string,
    known: DeviceReleaseRow | undefined,
  ): Promise<Turn> {
    const release = await manager.findOne(ReleaseRow, {
      where: { organisationId, id: releaseId, state: 'running' },
      lock: { mode: 'pessimistic_write' },
    });
    if (!release) return undefined;
    if ((await freePlaces(manager, release, this.config.OFFER_HOURS)) <= 0) return 'later';
    // One that had it and runs something older now, after a reinstallation, is counted anew.
    const counts = known
      ? { installed: Math.max(0, release.installed - 1), installedBefore: Math.max(0, release.installedBefore - 1) }
      : { offered: release.offered + 1 };
    const now = new Date();
    const row = { organisationId, releaseId, deviceId, fromVersion, offeredAt: now, changedAt: now };
    await manager.save(DeviceReleaseRow, { ...row, state: 'offered', why: null });
    await manager.update(ReleaseRow, { organisationId, id: releaseId }, counts);
    return release;
  }
}
