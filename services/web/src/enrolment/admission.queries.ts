import { AppError, type DeviceFacts, DeviceFacts as Facts, shape } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { saveFacts } from '../devices/device-facts';
import type { Identifier } from './hardware';

/** A device at the door, with what the key manager and the device itself say about it. */
export interface Newcomer {
  organisationId: string;
  deviceId: string;
  registrationKeyId: string;
  /** Group that its registration key puts it into. */
  groupId?: string;
  facts: DeviceFacts;
  identifiers: readonly Identifier[];
  address: string;
}

/**
 * Writes a device that is new, with its facts, identifiers and group, in one statement. A group that was deleted after
 * the registration key was made is no reason to refuse the device.
 * @returns when it was enrolled; undefined when it has a row already, which then stays as it is
 */
export async function insertDevice(manager: EntityManager, newcomer: Newcomer): Promise<Date | undefined> {
  const { facts, identifiers } = newcomer;
  const [row]: Array<{ enrolled_at: Date }> = await manager.query(
    `WITH device AS (
       INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, user_name,
                                 presence, presence_at, last_contact_at, address, enrolled_at, registration_key_id, facts_at)
       VALUES ($1, $2, $3, $3, $4, $5, $6, $7, 'polling', now(), now(), $8, now(), $9, now())
       ON CONFLICT (organisation_id, id) DO NOTHING
       RETURNING enrolled_at),
     facts AS (
       INSERT INTO core.device_facts (organisation_id, device_id, facts) SELECT $1, $2, $10 FROM device),
     hardware AS (
       INSERT INTO core.device_hardware (organisation_id, device_id, kind, value)
       SELECT $1, $2, kind, value FROM device, unnest($11::text[], $12::text[]) AS given(kind, value)),
     member AS (
       INSERT INTO core.group_members (organisation_id, group_id, device_id)
       SELECT $1, g.id, $2 FROM device, core.groups g WHERE g.organisation_id = $1 AND g.id = $13 FOR KEY SHARE OF g)
     SELECT enrolled_at FROM device`,
    [
      newcomer.organisationId,
      newcomer.deviceId,
      facts.hostName,
      facts.platform,
      facts.osName,
      facts.agentVersion,
      facts.user ?? null,
      newcomer.address,
      newcomer.registrationKeyId,
      JSON.stringify(shape(Facts, facts)),
      identifiers.map(({ kind }) => kind),
      identifiers.map(({ value }) => value),
      newcomer.groupId ?? null,
    ],
  );
  return row?.enrolled_at;
}

/**
 * Brings a device up to date that has a row already.
 * @returns whether other services must hear what it is called now. @throws AppError `device-revoked` when it was retired
 */
export async function updateDevice(manager: EntityManager, newcomer: Newcomer): Promise<boolean> {
  const { organisationId, deviceId, facts, identifiers } = newcomer;
  const found: unknown[] = await manager.query(
    'SELECT FROM core.devices WHERE organisation_id = $1 AND id = $2 AND retired_at IS NULL',
    [organisationId, deviceId],
  );
  if (found.length === 0) {
    throw new AppError('device-revoked', 'This device was retired. To enrol the machine again, make a new key.');
  }
  const differs = await saveFacts(manager, organisationId, deviceId, facts);
  // What the device says now replaces what it said before: boards get exchanged.
  await manager.query('DELETE FROM core.device_hardware WHERE organisation_id = $1 AND device_id = $2', [
    organisationId,
    deviceId,
  ]);
  await manager.query(
    `INSERT INTO core.device_hardware (organisation_id, device_id, kind, value)
     SELECT $1, $2, kind, value FROM unnest($3::text[], $4::text[]) AS given(kind, value)`,
    [organisationId, deviceId, identifiers.map(({ kind }) => kind), identifiers.map(({ value }) => value)],
  );
  return differs;
}
