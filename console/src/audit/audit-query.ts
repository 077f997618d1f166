import type { AuditQuery } from '@muster/contracts';
import { deviceIdOf } from '../devices/device-filter';
import { known, type ListState } from '../ui/list-state';
import { instantOf } from '../ui/period-fields';

export const OUTCOMES = ['done', 'refused', 'failed'] as const;
/** What entries are about: the first part of an action. */
export const SUBJECTS = [
  'session',
  'user',
  'password',
  'api-token',
  'registration-key',
  'enrolment',
  'device',
  'merge-question',
  'uninstall-policy',
  'group',
  'procedure',
  'operations',
  'operation',
  'organisation',
  'agent',
  'certificate',
  'authority',
  'list',
  'audit',
  'audit-forwarding',
  'dead-letter',
] as const;
const ACTION = /^[a-z][a-z-]*\.([a-z][a-z-]*)?$/;

/** The audit entries that the address asks for; what an address got wrong is left out. */
export function auditQueryOf(get: ListState['get']): AuditQuery {
  const action = get('action');
  return {
    action: action && ACTION.test(action) ? action.slice(0, 64) : undefined,
    actorId: get('actor')?.slice(0, 64),
    targetId: get('target')?.slice(0, 64),
    deviceId: deviceIdOf(get('device')),
    outcome: known(OUTCOMES, get('outcome')),
    search: get('search')?.slice(0, 200),
    from: instantOf(get('from')),
    to: instantOf(get('to')),
  };
}

/** An address without any of the filters. */
export const NO_FILTERS = {
  action: undefined,
  actor: undefined,
  target: undefined,
  device: undefined,
  outcome: undefined,
  search: undefined,
  from: undefined,
  to: undefined,
};
