import type { EntityManager } from 'typeorm';
import { ORGANISATION } from '../store/organisation';

interface Numbered {
  deviceId: string;
  spool: string;
  sequence: number;
}
const valuesOf = (organisationId: string, reports: readonly Numbered[]): unknown[] => [
  organisationId,
  reports.map(({ deviceId }) => deviceId),
  reports.map(({ spool }) => spool),
  reports.map(({ sequence }) => sequence),
];
const GIVEN = `unnest($2::uuid[], $3::uuid[], $4::int8[]) AS g (device_id, spool, sequence)`;

/** What noting may cost the device that waits for its answer. */
export interface NotingBounds {
  /** Most reports that are noted, the newest of a spool: they are published, and so stored, last. */
  reports: number;
  /** Most milliseconds to wait for a transaction that is storing the very same reports, sent before. */
  milliseconds: number;
}

/**
 * Notes that the reports of a batch are on their way through JetStream. A transaction of its own.
 * @throws QueryFailedError (55P03), nothing noted, when somebody else has the rows for longer than the bound
 */
export async function noteWaiting(
  manager: EntityManager,
  organisationId: string,
  reports: readonly Numbered[],
  bounds: NotingBounds,
): Promise<void> {
  const newest = reports.toSorted((a, b) => b.sequence - a.sequence).slice(0, bounds.reports);
  await manager.query(`SELECT set_config('lock_timeout', $1, true)`, [`${bounds.milliseconds}ms`]);
  await manager.query(
    `INSERT INTO plugins.waiting (organisation_id, device_id, spool, sequence, taken_at)
     SELECT $1, device_id, spool, sequence, now() FROM ${GIVEN} ORDER BY 2, 3, 4
     ON CONFLICT (organisation_id, device_id, spool, sequence) DO UPDATE SET taken_at = excluded.taken_at`,
    valuesOf(organisationId, newest),
  );
}

/** They have arrived. The devices' rows must be locked. */
export async function forgetWaiting(
  manager: EntityManager,
  organisationId: string,
  reports: readonly Numbered[],
): Promise<void> {
  await manager.query(
    `WITH arrived AS MATERIALIZED (
       SELECT w.device_id, w.spool, w.sequence FROM plugins.waiting w JOIN ${GIVEN} USING (device_id, spool, sequence)
        WHERE w.organisation_id = ${ORGANISATION} ORDER BY 1, 2, 3 FOR UPDATE OF w)
     DELETE FROM plugins.waiting w USING arrived a
      WHERE w.organisation_id = ${ORGANISATION} AND w.device_id = a.device_id AND w.spool = a.spool AND w.sequence = a.sequence`,
    valuesOf(organisationId, reports),
  );
}

/** None of a device's is waited for any more. The device's row must be locked. */
export async function forgetWaitingOf(manager: EntityManager, organisationId: string, deviceId: string): Promise<void> {
  await manager.query(
    `WITH own AS MATERIALIZED (
       SELECT spool, sequence FROM plugins.waiting
        WHERE organisation_id = $1 AND device_id = $2 ORDER BY 1, 2 FOR UPDATE)
     DELETE FROM plugins.waiting w USING own o
      WHERE w.organisation_id = $1 AND w.device_id = $2 AND w.spool = o.spool AND w.sequence = o.sequence`,
    [organisationId, deviceId],
  );
}

/** Whether reports of this device are on their way. After so many minutes one counts as lost: a dead letter, for instance. */
export async function hasWaiting(
  manager: EntityManager,
  organisationId: string,
  deviceId: string,
  minutes: number,
): Promise<boolean> {
  const [row]: Array<{ pending: boolean }> = await manager.query(
    `SELECT EXISTS (SELECT FROM plugins.waiting WHERE organisation_id = $1 AND device_id = $2
                       AND taken_at > now() - make_interval(mins => $3)) AS pending`,
    [organisationId, deviceId, minutes],
  );
  return row?.pending ?? false;
}
