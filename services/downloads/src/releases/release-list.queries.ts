import type { PlaceQuery, ReleaseDevicePage, ReleaseDeviceQuery, ReleasePage, ReleaseQuery } from '@muster/contracts';
import type { EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { DeviceReleaseRow } from '../roll-outs/device-release.entity';
import { cursorOf, isInstant, isText, placeOf } from './place';
import { releaseView } from './release-view';
import { ReleaseRow } from './release.entity';

const DEFAULT_SIZE = 50;

/** A page of releases. An organisation has some hundreds of them. */
export async function listReleases(
  manager: EntityManager,
  organisationId: string,
  query: ReleaseQuery,
): Promise<ReleasePage> {
  const byVersion = query.sort === 'version';
  const found = manager
    .createQueryBuilder(ReleaseRow, 'release')
    .where('release.organisationId = :organisationId', { organisationId });
  if (query.state) found.andWhere('release.state = :state', { state: query.state });
  if (query.channel) found.andWhere('release.channel = :channel', { channel: query.channel });
  const search = query.search?.trim();
  if (search) found.andWhere('position(:search in release.version) > 0', { search });
  const order: Order = byVersion
    ? { column: 'release.versionKey', type: 'text', id: 'release.id', holds: isText }
    : { column: 'release.createdAt', type: 'timestamptz', id: 'release.id', holds: isInstant };
  const { rows, total, last } = await pageOf(found, order, query);
  const next = last && cursorOf(byVersion ? last.versionKey : last.createdAt.toISOString(), last.id);
  return { releases: rows.map(releaseView), total, ...(next ? { next } : {}) };
}

/** A page of the devices of a release, the latest change first. */
export async function listReleaseDevices(
  manager: EntityManager,
  organisationId: string,
  releaseId: string,
  query: ReleaseDeviceQuery,
): Promise<ReleaseDevicePage> {
  const found = manager
    .createQueryBuilder(DeviceReleaseRow, 'one')
    .where('one.organisationId = :organisationId AND one.releaseId = :releaseId', { organisationId, releaseId });
  if (query.state) found.andWhere('one.state = :state', { state: query.state });
  const order: Order = { column: 'one.changedAt', type: 'timestamptz', id: 'one.deviceId', holds: isInstant };
  const { rows, total, last } = await pageOf(found, order, query);
  const devices = rows.map(({ deviceId, state, fromVersion, changedAt, why }) => ({
    ...{ deviceId, state, fromVersion, at: changedAt.toISOString() },
    ...(why === null ? {} : { why }),
  }));
  return { devices, total, ...(last ? { next: cursorOf(last.changedAt.toISOString(), last.deviceId) } : {}) };
}

/** By a column and, where it is equal, by the id; times here are whole milliseconds, as this service writes them. */
interface Order {
  column: string;
  type: 'text' | 'timestamptz';
  id: string;
  /** Whether a part of a place may be a value of the column. */
  holds: (part: string) => boolean;
}

/** @returns the rows, how many there are on all pages, and the row behind which the next page begins, if there is one */
async function pageOf<Row extends ObjectLiteral>(
  found: SelectQueryBuilder<Row>,
  { column, type, id, holds }: Order,
  { after, page = 1, size = DEFAULT_SIZE, direction }: PlaceQuery,
): Promise<{ rows: Row[]; total: number; last: Row | undefined }> {
  const total = await found.getCount();
  const [to, further] = direction === 'ascending' ? (['ASC', '>'] as const) : (['DESC', '<'] as const);
  if (after === undefined) found.skip((page - 1) * size);
  else {
    const [value, behind] = placeOf(after, holds);
    found.andWhere(`(${column}, ${id}) ${further} (CAST(:value AS ${type}), CAST(:behind AS uuid))`, { value, behind });
  }
  const rows = await found
    .orderBy(column, to)
    .addOrderBy(id, to)
    .take(size + 1)
    .getMany();
  const more = rows.length > size;
  return { rows: rows.slice(0, size), total, last: more ? rows[size - 1] : undefined };
}
