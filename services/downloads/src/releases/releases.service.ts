import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  channelChanged,
  factBy,
  releaseRemoved,
  type RollOut,
  rollOutChanged,
  rollOutStopped,
  type SetChannel,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { type EntityManager, In } from 'typeorm';
import { DeviceChannelRow } from '../roll-outs/device-channel.entity';
import { DeviceReleaseRow } from '../roll-outs/device-release.entity';
import { PackageStore } from '../store/package-store';
import { folderOf, piecesOf } from './folder';
import { ReleaseRow } from './release.entity';
import { releaseFact } from './release-view';

/** From the first of those that it concerns. */
const TELL_DEVICES = { hinting: true, hintedThrough: null };

/** What people do with a release once it is there. */
@Injectable()
export class Releases {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly store: PackageStore,
  ) {}

  /** Starts a roll-out, changes it, or goes on with one that was stopped: its failures until now are forgiven. */
  rollOut(caller: Caller, id: string, wish: RollOut): Promise<ReleaseRow> {
    return this.change(caller, id, async (manager, row) => {
      if (row.state === 'uploading') throw new AppError('conflict', 'Its package is not all here yet.');
      const { channel, percentage, mostAtOnce, stop } = wish;
      const began = row.state === 'running' ? {} : { installedBefore: row.installed, failedBefore: row.failed };
      const how = { channel, percentage, mostAtOnce, stopRule: stop, stoppedBecause: null };
      Object.assign(row, { state: 'running', ...how, ...began, ...TELL_DEVICES });
      const fact = releaseFact(factBy(caller), row);
      await this.outbox.add(manager, rollOutChanged, { ...fact, channel, percentage });
    });
  }

  stop(caller: Caller, id: string): Promise<ReleaseRow> {
    return this.change(caller, id, async (manager, row) => {
      if (row.state !== 'running') throw new AppError('conflict', 'It is not rolled out now.');
      const because = `${caller.principal.name} stopped it.`;
      Object.assign(row, { state: 'stopped', stoppedBecause: because });
      await this.outbox.add(manager, rollOutStopped, { ...releaseFact(factBy(caller), row), because });
    });
  }

  async remove(caller: Caller, id: string): Promise<void> {
    const { organisationId } = caller.principal;
    const removed = await this.database.inOrganisation(organisationId, async (manager) => {
      const row = await locked(manager, organisationId, id);
      if (row.state === 'running') throw new AppError('conflict', 'Stop its roll-out first.');
      await manager.delete(DeviceReleaseRow, { organisationId, releaseId: id });
      await manager.delete(ReleaseRow, { organisationId, id });
      await this.outbox.add(manager, releaseRemoved, releaseFact(factBy(caller), row));
      return row;
    });
    await this.store.remove(folderOf(removed), piecesOf(Number(removed.sizeBytes)));
  }

  async setChannel(caller: Caller, { channel, deviceIds }: SetChannel): Promise<void> {
    const { organisationId } = caller.principal;
    const devices = [...new Set(deviceIds)];
    await this.database.inOrganisation(organisationId, async (manager) => {
      await manager.delete(DeviceChannelRow, { organisationId, deviceId: In(devices) });
      const rows = devices.map((deviceId) => ({ organisationId, deviceId, channel }));
      if (channel !== 'stable') {
        await manager.insert(DeviceChannelRow, rows);
        await manager.update(ReleaseRow, { organisationId, channel, state: 'running' }, TELL_DEVICES);
      }
      const one = devices.length === 1 ? { deviceId: devices[0] } : {};
      const fact = { ...factBy(caller), channel, deviceCount: devices.length, ...one };
      await this.outbox.add(manager, channelChanged, fact);
    });
  }

  private change(
    { principal: { organisationId } }: Caller,
    id: string,
    work: (manager: EntityManager, row: ReleaseRow) => Promise<void>,
  ): Promise<ReleaseRow> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const row = await locked(manager, organisationId, id);
      await work(manager, row);
      return manager.save(row);
    });
  }
}

async function locked(manager: EntityManager, organisationId: string, id: string): Promise<ReleaseRow> {
  const row = await manager.findOne(ReleaseRow, {
    where: { organisationId, id },
    lock: { mode: 'pessimistic_write' },
  });
  if (!row) throw new AppError('not-found', 'There is no such release.');
  return row;
}
