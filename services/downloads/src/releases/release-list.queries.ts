import type { PageQuery, ReleaseDevicePage, ReleaseDeviceQuery, ReleasePage, ReleaseQuery } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { DeviceReleaseRow } from '../roll-outs/device-release.entity';
import { releaseView } from './release-view';
import { ReleaseRow } from './release.entity';

const windowOf = ({ page = 1, size = 50 }: PageQuery) => ({ take: size, skip: (page - 1) * size });

/** A page of releases. An organisation has some hundreds of them. */
export async function listReleases(
  manager: EntityManager,
  organisationId: string,
  query: ReleaseQuery,
): Promise<ReleasePage> {
  const direction = query.direction === 'ascending' ? 'ASC' : 'DESC';
  const { take, skip } = windowOf(query);
  const found = manager
    .createQueryBuilder(ReleaseRow, 'release')
    .where('release.organisationId = :organisationId', { organisationId })
    .orderBy(query.sort === 'version' ? 'release.versionKey' : 'release.createdAt', direction)
    .addOrderBy('release.id', direction)
    .take(take)
    .skip(skip);
  if (query.state) found.andWhere('release.state = :state', { state: query.state });
  if (query.channel) found.andWhere('release.channel = :channel', { channel: query.channel });
  const search = query.search?.trim();
  if (search) found.andWhere('position(:search in release.version) > 0', { search });
  const [rows, total] = await found.getManyAndCount();
  return { releases: rows.map(releaseView), total };
}

/** A page of the devices of a release, the latest change first. */
export async function listReleaseDevices(
  manager: EntityManager,
  organisationId: string,
  releaseId: string,
  query: ReleaseDeviceQuery,
): Promise<ReleaseDevicePage> {
  const direction = query.direction === 'ascending' ? 'ASC' : 'DESC';
  const [rows, total] = await manager.findAndCount(DeviceReleaseRow, {
    where: { organisationId, releaseId, ...(query.state ? { state: query.state } : {}) },
    order: { changedAt: direction, deviceId: direction },
    ...windowOf(query),
  });
  const devices = rows.map(({ deviceId, state, fromVersion, changedAt, why }) => ({
    ...{ deviceId, state, fromVersion, at: changedAt.toISOString() },
    ...(why === null ? {} : { why }),
  }));
  return { devices, total };
}
