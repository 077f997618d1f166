import { Injectable } from '@nestjs/common';
import {
  AppError,
  type Caller,
  type ChangeGroupMembers,
  factBy,
  fieldChanges,
  type Group,
  groupChanged,
  groupCreated,
  groupDeleted,
  groupMembersChanged,
  type GroupPage,
  type PlaceQuery,
  type SaveGroup,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { containing } from '../devices/search';
import { cursorOf, isText, placeOf } from '../lists/place';

interface GroupRow {
  id: string;
  name: string;
  description: string;
  device_count: number;
  created_at: Date;
}
const columns = `g.id, g.name, g.description, g.created_at,
  (SELECT count(*)::int FROM core.group_members m
    WHERE m.organisation_id = g.organisation_id AND m.group_id = g.id) AS device_count`;
const DEFAULT_SIZE = 50;

/** Static groups of an organisation. */
@Injectable()
export class Groups {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  list(organisationId: string, query: PlaceQuery): Promise<GroupPage> {
    const size = query.size ?? DEFAULT_SIZE;
    const direction = query.direction === 'descending' ? 'DESC' : 'ASC';
    const found = `FROM core.groups g WHERE g.organisation_id = $1
                     AND ($2::text IS NULL OR lower(g.name) LIKE $2 OR lower(g.description) LIKE $2)`;
    // No two groups have a name in common: where one is, is a place.
    const [place] = query.after === undefined ? [] : placeOf(query.after, isText);
    const further = direction === 'DESC' ? '<' : '>';
    const parameters = [organisationId, query.search?.trim() ? containing(query.search) : null];
    return this.database.inOrganisation(organisationId, async (manager) => {
      const rows: Array<GroupRow & { place: string }> = await manager.query(
        `SELECT ${columns}, lower(g.name) AS place ${found} AND ($3::text IS NULL OR lower(g.name) ${further} $3)
          ORDER BY lower(g.name) ${direction} LIMIT $4 OFFSET $5`,
        [...parameters, place ?? null, size, place === undefined ? ((query.page ?? 1) - 1) * size : 0],
      );
      const [counted]: Array<{ total: number }> = await manager.query(
        `SELECT count(*)::int AS total ${found}`,
        parameters,
      );
      const last = rows.length === size ? rows.at(-1) : undefined;
      const next = last ? { next: cursorOf(last.place) } : {};
      return { groups: rows.map(groupOf), total: counted?.total ?? 0, ...next };
    });
  }

  create(caller: Caller, save: SaveGroup): Promise<Group> {
    const { organisationId } = caller.principal;
    const [id, name] = [newId(), nameOf(save)];
    return this.within(organisationId, async (manager) => {
      await manager.query('INSERT INTO core.groups (organisation_id, id, name, description) VALUES ($1, $2, $3, $4)', [
        organisationId,
        id,
        name,
        save.description ?? '',
      ]);
      await this.outbox.add(manager, groupCreated, { ...factBy(caller), groupId: id, name });
      return find(manager, organisationId, id);
    });
  }

  update(caller: Caller, id: string, save: SaveGroup): Promise<Group> {
    const { organisationId } = caller.principal;
    return this.within(organisationId, async (manager) => {
      const before = await find(manager, organisationId, id, 'lock');
      const after = { ...before, name: nameOf(save), description: save.description ?? '' };
      const fields = fieldChanges(before, after, ['name', 'description']);
      if (fields.length === 0) return before;
      await manager.query('UPDATE core.groups SET name = $3, description = $4 WHERE organisation_id = $1 AND id = $2', [
        organisationId,
        id,
        after.name,
        after.description,
      ]);
      await this.outbox.add(manager, groupChanged, { ...factBy(caller), groupId: id, name: after.name, fields });
      return after;
    });
  }

  remove(caller: Caller, id: string): Promise<void> {
    const { organisationId } = caller.principal;
    return this.within(organisationId, async (manager) => {
      const [[removed]]: [Array<{ name: string }>, number] = await manager.query(
        'DELETE FROM core.groups WHERE organisation_id = $1 AND id = $2 RETURNING name',
        [organisationId, id],
      );
      if (!removed) throw noSuchGroup();
      await this.outbox.add(manager, groupDeleted, { ...factBy(caller), groupId: id, name: removed.name });
    });
  }

  /** Adding a member again and removing a stranger are no errors. @throws AppError `not-found` for an unknown device */
  changeMembers(caller: Caller, id: string, change: ChangeGroupMembers): Promise<Group> {
    const { organisationId } = caller.principal;
    const add = [...new Set(change.add ?? [])];
    return this.within(organisationId, async (manager) => {
      const { name } = await find(manager, organisationId, id, 'lock');
      const [, removed]: [unknown[], number] = await manager.query(
        'DELETE FROM core.group_members WHERE organisation_id = $1 AND group_id = $2 AND device_id = ANY($3::uuid[])',
        [organisationId, id, change.remove ?? []],
      );
      const devices: unknown[] = await manager.query(
        `SELECT FROM core.devices WHERE organisation_id = $1 AND id = ANY($2::uuid[]) AND retired_at IS NULL
          ORDER BY id FOR SHARE`,
        [organisationId, add],
      );
      if (devices.length < add.length) {
        throw new AppError('not-found', `${add.length - devices.length} of the devices to add do not exist.`);
      }
      const added: unknown[] = await manager.query(
        `INSERT INTO core.group_members (organisation_id, group_id, device_id)
         SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING RETURNING 1`,
        [organisationId, id, add],
      );
      if (added.length + removed > 0) {
        const counts = { added: added.length, removed };
        await this.outbox.add(manager, groupMembersChanged, { ...factBy(caller), groupId: id, name, ...counts });
      }
      return find(manager, organisationId, id);
    });
  }

  private async within<T>(organisationId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.inOrganisation(organisationId, work);
    } catch (error) {
      if (!isUniqueViolation(error, 'ux_groups_name')) throw error;
      throw new AppError('conflict', 'A group with this name exists already.', { cause: error });
    }
  }
}

async function find(manager: EntityManager, organisationId: string, id: string, lock?: 'lock'): Promise<Group> {
  const [row]: GroupRow[] = await manager.query(
    `SELECT ${columns} FROM core.groups g WHERE g.organisation_id = $1 AND g.id = $2 ${lock ? 'FOR UPDATE OF g' : ''}`,
    [organisationId, id],
  );
  if (!row) throw noSuchGroup();
  return groupOf(row);
}

function nameOf(save: SaveGroup): string {
  const name = save.name.trim();
  if (name !== '') return name;
  const faults = [{ field: 'name', problem: 'must not be blank' }];
  throw new AppError('invalid-input', 'A group needs a name.', { faults });
}

const groupOf = (row: GroupRow): Group => ({
  id: row.id,
  name: row.name,
  description: row.description,
  deviceCount: row.device_count,
  createdAt: row.created_at.toISOString(),
});

const noSuchGroup = (): AppError => new AppError('not-found', 'There is no such group.');
