import { type EntityManager, MoreThan } from 'typeorm';
import type { ReleaseRow } from '../releases/release.entity';
import { DeviceReleaseRow } from './device-release.entity';

/**
 * How many more devices may begin with a release now. Those that said nothing for `offerHours` do not hold others up.
 * Certain under the lock of the release's row.
 */
export async function freePlaces(
  manager: EntityManager,
  { organisationId, id: releaseId, mostAtOnce }: Pick<ReleaseRow, 'organisationId' | 'id' | 'mostAtOnce'>,
  offerHours: number,
): Promise<number> {
  const offeredAt = MoreThan(new Date(Date.now() - offerHours * 3_600_000));
  const where = { organisationId, releaseId, state: 'offered' as const, offeredAt };
  return mostAtOnce - (await manager.countBy(DeviceReleaseRow, where));
}
