import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import { Revocations } from '../revocations/revocations';
import { RevocationEntity } from '../revocations/revocation.entity';
import { CertificateEntity } from './certificate.entity';
import { DeviceEntity } from './device.entity';

/** Ends devices' right to connect and to renew. */
@Injectable()
export class DeviceRevocation {
  private readonly log: Log;

  constructor(
    private readonly database: Database,
    private readonly revocations: Revocations,
    log: Log,
  ) {
    this.log = log.child({ part: 'devices' });
  }

  /**
   * Revokes a device of an organisation; a second time changes nothing.
   * @returns number of its revocation. @throws AppError `not-found` when the organisation has no such device
   */
  revoke(organisationId: string, deviceId: string, reason: string): Promise<number> {
    return this.database.inOrganisation(organisationId, async (manager) => {
      const device = await manager.findOne(DeviceEntity, {
        where: { id: deviceId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!device) throw new AppError('not-found', 'There is no such device in your organisation.');
      if (device.revokedAt) {
        const where = { kind: 'device' as const, subjectId: deviceId };
        const earlier = await manager.findOne(RevocationEntity, { where, order: { sequence: 'DESC' } });
        return Number(earlier?.sequence ?? 0);
      }
      await manager.update(DeviceEntity, { id: deviceId }, { revokedAt: new Date(), revokeReason: reason });
      const [last] = await manager.find(CertificateEntity, {
        where: { deviceId },
        order: { notAfter: 'DESC' },
        take: 1,
      });
      this.log.info({ deviceId, organisationId, reason }, 'Revoked a device.');
      // It matters for as long as one of its certificates would open a connection.
      const mattersUntil = last?.notAfter ?? new Date();
      return this.revocations.add(manager, [{ kind: 'device', id: deviceId, organisationId, mattersUntil }]);
    });
  }
}
