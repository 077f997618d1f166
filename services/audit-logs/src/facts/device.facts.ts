import {
  type AuditTarget,
  deviceEnrolled,
  deviceRenamed,
  deviceRetired,
  groupChanged,
  groupCreated,
  groupDeleted,
  type GroupFact,
  groupMembersChanged,
  mergeQuestionAnswered,
  uninstallAsked,
  uninstallPolicyChanged,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { changes, fact, type FactMapping } from './fact-mapping';

const group = ({ groupId, name }: GroupFact): AuditTarget => ({ kind: 'group', id: groupId, name });

export const DEVICE_FACTS: readonly FactMapping[] = [
  fact(deviceEnrolled, {
    actor: ({ deviceId, hostName, address }) => ({
      kind: 'device',
      id: deviceId,
      name: hostName,
      ...(address === undefined ? {} : { address }),
    }),
    target: ({ deviceId, hostName }) => ({ kind: 'device', id: deviceId, name: hostName }),
    details: ({ registrationKeyId }) => detailsOf({ registrationKeyId }),
  }),
  fact(deviceRetired, {
    target: ({ deviceId, name }) => ({ kind: 'device', id: deviceId, ...(name === undefined ? {} : { name }) }),
  }),
  fact(uninstallAsked, {
    actor: ({ deviceId, name, address }) => ({
      kind: 'device',
      id: deviceId,
      name,
      ...(address === undefined ? {} : { address }),
    }),
    target: ({ deviceId, name }) => ({ kind: 'device', id: deviceId, name }),
    details: ({ allowed }) => detailsOf({ allowed }),
  }),
  fact(uninstallPolicyChanged, {
    target: () => ({ kind: 'uninstall-policy' }),
    details: ({ tokenNeeded }) => detailsOf({ tokenNeeded }),
  }),
  fact(deviceRenamed, {
    target: ({ deviceId, after }) => ({ kind: 'device', id: deviceId, name: after }),
    details: ({ before, after }) => changes([{ field: 'name', before, after }]),
  }),
  fact(mergeQuestionAnswered, {
    target: ({ knownId, knownName }) => ({ kind: 'device', id: knownId, name: knownName }),
    details: ({ answer, questionId, newcomerId, newcomerName }) =>
      detailsOf({ answer, questionId, newcomerId, newcomerName }),
  }),
  fact(groupCreated, { target: group }),
  fact(groupChanged, { target: group, details: ({ fields }) => changes(fields) }),
  fact(groupDeleted, { target: group }),
  fact(groupMembersChanged, { target: group, details: ({ added, removed }) => detailsOf({ added, removed }) }),
];
