import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AppError,
  certifyDevice,
  checkRegistrationKey,
  deviceEnrolled,
  type Enrol,
  type Enrolled,
  type RegistrationGrant,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { saveFacts } from '../devices/device-facts';
import { EndpointMaps } from '../endpoint-map/endpoint-maps.service';
import { LiveEvents } from '../live/live-events';
import { askWhetherKnown } from '../merge-questions/asking';
import { type Identifier, identifiersOf, lockKeysOf } from './hardware';
import { publicKeyOf } from './public-key';

interface Newcomer {
  organisationId: string;
  deviceId: string;
  grant: RegistrationGrant;
  enrol: Enrol;
  address: string;
}

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
    const publicKey = publicKeyOf(enrol.certificateRequest);
    const key = enrol.registrationKey;
    const grant = await this.bus.request(checkRegistrationKey, { key, address, publicKey });
    const { signed: endpointMap } = await this.maps.current();
    const certificate = await this.bus.request(certifyDevice, {
      key,
      address,
      proposedDeviceId: grant.deviceId ?? newId(),
      certificateRequest: enrol.certificateRequest,
    });
    const { deviceId, organisationId } = certificate;
    const questionId = await this.admit({ organisationId, deviceId, grant, enrol, address });
    this.live.deviceChanged(organisationId, [deviceId]);
    if (questionId) this.live.mergeQuestionChanged(organisationId, questionId);
    return { certificate, endpointMap };
  }

  /** Writes all that follows from a new device, or brings a known one up to date, in one transaction. */
  private async admit(newcomer: Newcomer): Promise<string | undefined> {
    const { organisationId, deviceId, enrol } = newcomer;
    const identifiers = identifiersOf(enrol.hardware);
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        // Clones that enrol in the same moment must see each other.
        await manager.query('SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key', [
          lockKeysOf(organisationId, identifiers),
        ]);
        const enrolledAt = await insertDevice(manager, newcomer);
        if (enrolledAt === undefined) await requireInUse(manager, organisationId, deviceId);
        await saveFacts(manager, organisationId, deviceId, enrol.facts);
        await saveHardware(manager, organisationId, deviceId, identifiers);
        if (enrolledAt === undefined) return undefined;
        await this.introduce(manager, newcomer, enrolledAt);
        return askWhetherKnown(manager, organisationId, deviceId);
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'ux_devices_id')) throw error;
      throw new AppError('request-refused', 'This key is enrolled in another organisation. Make a new key.', {
        cause: error,
      });
    }
  }

  private async introduce(manager: EntityManager, newcomer: Newcomer, enrolledAt: Date): Promise<void> {
    const { organisationId, deviceId, grant, enrol } = newcomer;
    // A group that was deleted after the registration key was made is no reason to refuse the device.
    await manager.query(
      `INSERT INTO core.group_members (organisation_id, group_id, device_id)
       SELECT organisation_id, id, $3 FROM core.groups WHERE organisation_id = $1 AND id = $2 FOR KEY SHARE`,
      [organisationId, grant.groupId ?? null, deviceId],
    );
    await this.outbox.add(manager, deviceEnrolled, {
      organisationId,
      deviceId,
      hostName: enrol.facts.hostName,
      registrationKeyId: grant.registrationKeyId,
      at: enrolledAt.toISOString(),
    });
  }
}

/** When the device was enrolled, if it was now; undefined when it has a row already. */
async function insertDevice(manager: EntityManager, newcomer: Newcomer): Promise<Date | undefined> {
  const { facts } = newcomer.enrol;
  const [row]: Array<{ enrolled_at: Date }> = await manager.query(
    `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, presence,
                               presence_at, last_contact_at, address, enrolled_at, registration_key_id, facts_at)
     VALUES ($1, $2, $3, $3, $4, $5, $6, 'polling', now(), now(), $7, now(), $8, now())
     ON CONFLICT (organisation_id, id) DO NOTHING
     RETURNING enrolled_at`,
    [
      newcomer.organisationId,
      newcomer.deviceId,
      facts.hostName,
      facts.platform,
      facts.osName,
      facts.agentVersion,
      newcomer.address,
      newcomer.grant.registrationKeyId,
    ],
  );
  return row?.enrolled_at;
}

async function requireInUse(manager: EntityManager, organisationId: string, deviceId: string): Promise<void> {
  const found: unknown[] = await manager.query(
    'SELECT FROM core.devices WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL',
    [organisationId, deviceId],
  );
  if (found.length > 0) return;
  throw new AppError('device-revoked', 'This device was retired. To enrol the machine again, make a new key.');
}

/** What the device says now replaces what it said before: boards get exchanged. */
async function saveHardware(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  identifiers: readonly Identifier[],
): Promise<void> {
  await manager.query('DELETE FROM core.device_hardware WHERE organisation_id = $1 AND device_id = $2', [
    organisationId,
    deviceId,
  ]);
  await manager.query(
    `INSERT INTO core.device_hardware (organisation_id, device_id, kind, value)
     SELECT $1, $2, kind, value FROM unnest($3::text[], $4::text[]) AS given(kind, value)`,
    [organisationId, deviceId, identifiers.map(({ kind }) => kind), identifiers.map(({ value }) => value)],
  );
}
