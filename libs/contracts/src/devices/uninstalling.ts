import { ActionFact, PersonFact } from '../audit/action-facts';
import { Flag, Text, Uuid } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { ById } from '../wire/page';
import { defineRoute, device, may } from '../wire/route';

const own = { service: 'web', face: 'manager' } as const;

export class UninstallPolicyChanged extends PersonFact {
  @Flag({ about: 'Whether devices may be left by the agent only with their uninstall token.' }) tokenNeeded: boolean;
}
export const uninstallPolicyChanged = defineEvent({
  subject: 'uninstall-policy.changed.v1',
  delivery: 'durable',
  payload: UninstallPolicyChanged,
  publishers: ['web'],
  consumers: ['audit-logs'],
});
/** A device asked whether the agent may be removed from it. */
export class UninstallAsked extends ActionFact {
  @Uuid() deviceId: string;
  @Text({ max: 255 }) name: string;
  @Flag() allowed: boolean;
  @Text({ max: 64, optional: true }) address?: string;
}
export const uninstallAsked = defineEvent({
  subject: 'device.uninstall-asked.v1',
  delivery: 'durable',
  payload: UninstallAsked,
  publishers: ['web'],
  consumers: ['audit-logs'],
});

export class UninstallPolicy {
  @Flag({ about: 'Removing the agent from a device needs the uninstall token of that device.' }) tokenNeeded: boolean;
}
export const readUninstallPolicy = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/uninstall-policy',
  access: may('devices.read'),
  summary: 'Whether removing the agent from a device needs a token',
  reply: UninstallPolicy,
});
export const changeUninstallPolicy = defineRoute({
  ...own,
  method: 'PUT',
  path: '/api/uninstall-policy',
  access: may('devices.retire'),
  summary: 'Have removing the agent need a token or not; turning it on makes all tokens anew',
  body: UninstallPolicy,
  reply: UninstallPolicy,
  causes: [uninstallPolicyChanged],
});

export class UninstallToken {
  @Text({ max: 64, optional: true, about: 'Absent while none is needed.' }) token?: string;
}
export const readUninstallToken = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/devices/:id/uninstall-token',
  access: may('devices.retire'),
  summary: 'The token with which the agent may be removed from this device',
  params: ById,
  reply: UninstallToken,
});

export class AskUninstall {
  @Text({ max: 64, optional: true, about: 'The uninstall token of this device, as somebody typed it.' }) token?: string;
}
/** Asked by packages before they remove the agent. Refused with `request-refused` where a token is needed. */
export const askUninstall = defineRoute({
  service: 'web',
  face: 'worker',
  method: 'POST',
  path: '/uninstall',
  access: device,
  summary: 'Ask whether the agent may be removed from this device',
  body: AskUninstall,
});
