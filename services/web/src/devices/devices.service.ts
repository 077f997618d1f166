import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AppError,
  type Caller,
  type DeviceDetail,
  deviceRenamed,
  factBy,
  type Principal,
  revokeDevice,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { LiveEvents } from '../live/live-events';
import { cancelAllOfDevice } from '../operations/device-operations';
import { describeDevice } from './device-description';
import { Directory } from './device-directory';
import { deviceDetail, noSuchDevice } from './device-detail.queries';
import { retire } from './retirement';

/** What people change about devices. */
@Injectable()
export class Devices {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly bus: Bus,
    private readonly live: LiveEvents,
    private readonly directory: Directory,
  ) {}

  /** Gives a display name; an empty one shows the host name again. */
  async rename(caller: Caller, deviceId: string, name: string): Promise<DeviceDetail> {
    const { organisationId } = caller.principal;
    const detail = await this.database.inOrganisation(organisationId, async (manager) => {
      const [[names]]: [Array<{ before: string; after: string }>, number] = await manager.query(
        `UPDATE core.devices d SET given_name = $3, name = coalesce(nullif($3, ''), d.host_name)
           FROM (SELECT name FROM core.devices
                  WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL FOR NO KEY UPDATE) was
          WHERE d.organisation_id = $1 AND d.id = $2 RETURNING was.name AS before, d.name AS after`,
        [organisationId, deviceId, name.trim()],
      );
      if (!names) throw noSuchDevice();
      if (names.before !== names.after) {
        await this.outbox.add(manager, deviceRenamed, { ...factBy(caller), deviceId, ...names });
        await describeDevice(manager, this.outbox, organisationId, deviceId);
      }
      return deviceDetail(manager, organisationId, deviceId);
    });
    this.live.deviceChanged(organisationId, [deviceId]);
    return detail;
  }

  /**
   * Revokes first: should the rest fail, the device is shut out already and the person can simply try again; the other
   * way round, a device that nobody sees any more could still connect.
   */
  async retire(caller: Caller, deviceId: string): Promise<void> {
    const { principal } = caller;
    const { organisationId } = principal;
    await this.database.inOrganisation(organisationId, (manager) => requireInUse(manager, organisationId, deviceId));
    await this.revoke(principal, deviceId, 'retired');
    const { operationIds, questionIds } = await this.database.inOrganisation(organisationId, async (manager) => {
      const retired = await retire(manager, this.outbox, caller, deviceId);
      const reason = `The device was retired by ${principal.name}.`;
      return { ...retired, operationIds: await cancelAllOfDevice(manager, organisationId, deviceId, reason) };
    });
    this.live.operationsChanged(organisationId, operationIds);
    this.announceRetired(organisationId, deviceId, questionIds);
  }

  /** Asks the key manager, which checks for itself that this person may, to end the device's right to connect. */
  async revoke(principal: Principal, deviceId: string, reason: 'retired' | 'replaced'): Promise<void> {
    try {
      await this.bus.request(revokeDevice, { credential: principal.credential ?? '', deviceId, reason });
    } catch (error) {
      // The permission was checked before that: the device has nothing that could be revoked (a restored backup).
      if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
    }
  }

  /** To be called once a retirement is committed. */
  announceRetired(organisationId: string, deviceId: string, questionIds: readonly string[]): void {
    this.directory.forget(deviceId);
    this.live.deviceRemoved(organisationId, [deviceId]);
    for (const id of questionIds) this.live.mergeQuestionChanged(organisationId, id);
  }
}

async function requireInUse(manager: EntityManager, organisationId: string, deviceId: string): Promise<void> {
  const found: unknown[] = await manager.query(
    'SELECT FROM core.devices WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL',
    [organisationId, deviceId],
  );
  if (found.length === 0) throw noSuchDevice();
}
