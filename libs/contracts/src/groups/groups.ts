import { Instant, List, nested, Text, uuid, Uuid, Whole } from '../schema/fields';
import { ById, PlaceQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { groupChanged, groupCreated, groupDeleted, groupMembersChanged } from './group-events';

const own = { service: 'web', face: 'manager' } as const;

export class Group {
  @Uuid() id: string;
  @Text({ max: 200 }) name: string;
  @Text({ max: 2000 }) description: string;
  @Whole({ min: 0, max: 100_000_000 }) deviceCount: number;
  @Instant() createdAt: string;
}
export class GroupPage {
  @List(nested(() => Group), { max: 200 }) groups: Group[];
  @Whole({ min: 0, max: 1_000_000 }) total: number;
  @Text({ max: 4000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const listGroups = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/groups',
  access: may('groups.read'),
  summary: 'Static groups',
  query: PlaceQuery,
  reply: GroupPage,
  list: 'groups',
});
export class SaveGroup {
  @Text({ min: 1, max: 200 }) name: string;
  @Text({ max: 2000, optional: true }) description?: string;
}
export const createGroup = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/groups',
  access: may('groups.write'),
  summary: 'Create a group',
  body: SaveGroup,
  reply: Group,
  causes: [groupCreated],
});
export const updateGroup = defineRoute({
  ...own,
  method: 'PUT',
  path: '/api/groups/:id',
  access: may('groups.write'),
  summary: 'Change a group',
  params: ById,
  body: SaveGroup,
  reply: Group,
  causes: [groupChanged],
});
export const deleteGroup = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/api/groups/:id',
  access: may('groups.write'),
  summary: 'Delete a group; its devices stay',
  params: ById,
  causes: [groupDeleted],
});
export class ChangeGroupMembers {
  @List(uuid(), { max: 10_000, optional: true }) add?: string[];
  @List(uuid(), { max: 10_000, optional: true }) remove?: string[];
}
export const changeGroupMembers = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/groups/:id/members',
  access: may('groups.write'),
  summary: 'Add and remove devices',
  params: ById,
  body: ChangeGroupMembers,
  reply: Group,
  causes: [groupMembersChanged],
});
