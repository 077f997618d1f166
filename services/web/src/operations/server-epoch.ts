import type { EntityManager } from 'typeorm';

/** Which database this is. A dump that is restored somewhere has the rows of another one. */
const FINGERPRINT = `
  (SELECT system_identifier FROM pg_control_system()) || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * The server's epoch, which every operation carries beside its sequence. After a restore the device sequences in the
 * database are old: a device has seen higher ones and would refuse new operations as replays, so a new epoch begins. It
 * begins by itself when the rows are found in another database than the one that wrote them; a restore into the same
 * database (point-in-time recovery) must end with `SELECT core.begin_epoch(fingerprint) FROM core.server_epoch`.
 *
 * Read it after the devices are locked: otherwise a lower epoch could be committed after a higher one.
 */
export async function serverEpoch(manager: EntityManager): Promise<number> {
  const [held]: Array<{ epoch: string; same: boolean }> = await manager.query(
    `SELECT epoch, fingerprint = ${FINGERPRINT} AS same FROM core.server_epoch`,
  );
  if (held?.same) return Number(held.epoch);
  const [begun]: Array<{ epoch: string }> = await manager.query(`SELECT core.begin_epoch(${FINGERPRINT}) AS epoch`);
  if (!begun) throw new Error('core.begin_epoch gave no epoch');
  return Number(begun.epoch);
}
