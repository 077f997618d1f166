import type { EntityManager } from 'typeorm';

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

/** Notes that reports are on their way through JetStream. */
export async function noteWaiting(
  manager: EntityManager,
  organisationId: string,
  reports: readonly Numbered[],
): Promise<void> {
  await manager.query(
    `INSERT INTO plugins.waiting (organisation_id, device_id, spool, sequence, taken_at)
     SELECT $1, device_id, spool, sequence, now() FROM ${GIVEN} ORDER BY 2, 3, 4
     ON CONFLICT (organisation_id, device_id, spool, sequence) DO UPDATE SET taken_at = excluded.taken_at`,
    valuesOf(organisationId, reports),
  );
}

/** They have arrived. */
export async function forgetWaiting(
  manager: EntityManager,
  organisationId: string,
  reports: readonly Numbered[],
): Promise<void> {
  await manager.query(
    `DELETE FROM plugins.waiting w USING ${GIVEN}
      WHERE w.organisation_id = $1 AND w.device_id = g.device_id AND w.spool = g.spool AND w.sequence = g.sequence`,
    valuesOf(organisationId, reports),
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
