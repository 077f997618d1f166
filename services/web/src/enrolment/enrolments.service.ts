import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { AppError, certifyDevice, deviceDescribed, deviceEnrolled, type Enrol, type Enrolled } from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { describeDevice } from '../devices/device-description';
import { EndpointMaps } from '../endpoint-map/endpoint-maps.service';
import { LiveEvents } from '../live/live-events';
import { askWhetherKnown } from '../merge-questions/asking';
import { insertDevice, type Newcomer, updateDevice } from './admission.queries';
import { identifiersOf, lockKeysOf } from './hardware';
import { publicKeyOf } from './public-key';

/**
 * Enrolment (DESIGN, "The ways data takes"). A device is its public key: whoever tries again with the same key, after
 * whatever failed in between, gets the same device. The registration key is spent by the key manager when it
 * certifies, so a crash before the row is written costs nothing but the retry.
 */
@Injectable()
export class Enrolments {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly maps: EndpointMaps,
    private readonly live: LiveEvents,
  ) {}

  /** @throws AppError with the key manager's code and reason when it refuses the registration key or the request */
  async enrol(enrol: Enrol, address: string): Promise<Enrolled> {
    // Before anything is written: what is no request is refused here, and without a map nothing could be answered.
    publicKeyOf(enrol.certificateRequest);
    const { signed: endpointMap } = await this.maps.current();
    const certified = await this.bus.request(certifyDevice, {
      key: enrol.registrationKey,
      address,
      proposedDeviceId: newId(),
      certificateRequest: enrol.certificateRequest,
    });
    const { registrationKeyId, groupId, ...certificate } = certified;
    const { deviceId, organisationId } = certificate;
    const identifiers = identifiersOf(enrol.hardware);
    const about = { registrationKeyId, groupId, facts: enrol.facts, identifiers, address };
    const questionId = await this.admit({ organisationId, deviceId, ...about });
    this.live.deviceChanged(organisationId, [deviceId]);
    if (questionId) this.live.mergeQuestionChanged(organisationId, questionId);
    return { certificate, endpointMap };
  }

  /** Writes all that follows from a new device, or brings a known one up to date, in one transaction. */
  private async admit(newcomer: Newcomer): Promise<string | undefined> {
    const { organisationId, deviceId, identifiers } = newcomer;
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        // Clones that enrol in the same moment must see each other.
        await manager.query('SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key', [
          lockKeysOf(organisationId, identifiers),
        ]);
        const enrolledAt = await insertDevice(manager, newcomer);
        if (enrolledAt) {
          await this.introduce(manager, newcomer, enrolledAt);
          return askWhetherKnown(manager, organisationId, deviceId);
        }
        const differs = await updateDevice(manager, newcomer);
        if (differs) await describeDevice(manager, this.outbox, organisationId, deviceId);
        return undefined;
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'ux_devices_id')) throw error;
      throw new AppError('request-refused', 'This key is enrolled in another organisation. Make a new key.', {
        cause: error,
      });
    }
  }

  private async introduce(manager: EntityManager, newcomer: Newcomer, enrolledAt: Date): Promise<void> {
    const { organisationId, deviceId, registrationKeyId, facts } = newcomer;
    const { hostName, platform, osName } = facts;
    const fact = { organisationId, deviceId, at: enrolledAt.toISOString() };
    const address = newcomer.address.slice(0, 64);
    await this.outbox.add(manager, deviceEnrolled, { ...fact, hostName, registrationKeyId, address });
    await this.outbox.add(manager, deviceDescribed, { ...fact, name: hostName, platform, osName, retired: false });
  }
}
