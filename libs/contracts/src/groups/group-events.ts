import { List, nested, Text, Uuid, Whole } from '../schema/fields';
import { FieldChange, PersonFact } from '../audit/action-facts';
import { type BusEvent, defineEvent } from '../wire/bus';
import type { Class } from '../schema/registry';

const fact = <T extends object>(subject: string, payload: Class<T>): BusEvent<T> =>
  defineEvent({ subject, delivery: 'durable', payload, publishers: ['web'], consumers: ['audit-logs'] });

export class GroupFact extends PersonFact {
  @Uuid() groupId: string;
  @Text({ max: 200 }) name: string;
}
export const groupCreated = fact('group.created.v1', GroupFact);
export class GroupChanged extends GroupFact {
  @List(nested(() => FieldChange), { max: 20 }) fields: FieldChange[];
}
export const groupChanged = fact('group.changed.v1', GroupChanged);
export const groupDeleted = fact('group.deleted.v1', GroupFact);
export class GroupMembersChanged extends GroupFact {
  @Whole({ min: 0, max: 100_000 }) added: number;
  @Whole({ min: 0, max: 100_000 }) removed: number;
}
export const groupMembersChanged = fact('group.members-changed.v1', GroupMembersChanged);
