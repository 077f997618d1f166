import { Flag, Instant, List, Nested, nested, OneOf, Text, Uuid, uuid } from '../schema/fields';
import { Actor, ActionFact, PersonFact } from '../audit/action-facts';
import { defineEvent, defineRequest } from '../wire/bus';
import { REPORT_SERVICES } from '../wire/services';

/** Durable facts about devices. */
export class DeviceEnrolled {
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Text({ max: 255 }) hostName: string;
  @Uuid() registrationKeyId: string;
  @Instant() at: string;
  @Text({ max: 64, optional: true }) address?: string;
}
export const deviceEnrolled = defineEvent({
  subject: 'device.enrolled.v1',
  delivery: 'durable',
  payload: DeviceEnrolled,
  publishers: ['web'],
  consumers: ['audit-logs'],
});
export class DeviceRetired {
  @Uuid() organisationId: string;
  @Uuid() deviceId: string;
  @Instant() at: string;
  @Nested(() => Actor, { optional: true }) actor?: Actor;
  @Text({ max: 255, optional: true }) name?: string;
}
export const deviceRetired = defineEvent({
  subject: 'device.retired.v1',
  delivery: 'durable',
  payload: DeviceRetired,
  publishers: ['web'],
  consumers: ['key-manager', 'audit-logs', 'plugins', 'downloads'],
});
export class DeviceRenamed extends PersonFact {
  @Uuid() deviceId: string;
  @Text({ max: 255 }) before: string;
  @Text({ max: 255 }) after: string;
}
export const deviceRenamed = defineEvent({
  subject: 'device.renamed.v1',
  delivery: 'durable',
  payload: DeviceRenamed,
  publishers: ['web'],
  consumers: ['audit-logs'],
});
export class MergeQuestionAnswered extends PersonFact {
  @Uuid() questionId: string;
  @Uuid() knownId: string;
  @Text({ max: 255 }) knownName: string;
  @Uuid() newcomerId: string;
  @Text({ max: 255 }) newcomerName: string;
  @OneOf(['same', 'different']) answer: 'same' | 'different';
}
export const mergeQuestionAnswered = defineEvent({
  subject: 'merge-question.answered.v1',
  delivery: 'durable',
  payload: MergeQuestionAnswered,
  publishers: ['web'],
  consumers: ['audit-logs', 'rmm-logs'],
});
export class DeadLetterHandled extends PersonFact {
  @OneOf(['replayed', 'discarded']) how: 'replayed' | 'discarded';
  @Text({ max: 20 }) deadLetterId: string;
  @Text({ max: 64 }) service: string;
  @Text({ max: 256 }) subject: string;
}
export const deadLetterHandled = defineEvent({
  subject: 'dead-letter.handled.v1',
  delivery: 'durable',
  payload: DeadLetterHandled,
  publishers: ['web'],
  consumers: ['audit-logs'],
});

/** What a device is called and runs, for services that show it beside their own data. Newest `at` wins. */
export class DeviceDescribed extends ActionFact {
  @Uuid() deviceId: string;
  @Text({ max: 255, about: 'Display name.' }) name: string;
  @Text({ max: 64 }) platform: string;
  @Text({ max: 200 }) osName: string;
  @Flag() retired: boolean;
}
export const deviceDescribed = defineEvent({
  subject: 'device.described.v1',
  delivery: 'durable',
  payload: DeviceDescribed,
  publishers: ['web'],
  consumers: ['plugins', 'audit-logs'],
});

/** To which organisations devices belong. Asked by services that know only the id in a certificate. */
export class LocateDevices {
  @List(uuid(), { min: 1, max: 500 }) deviceIds: string[];
}
export class DeviceHome {
  @Uuid() deviceId: string;
  @Uuid() organisationId: string;
}
export class DeviceHomes {
  @List(nested(() => DeviceHome), { max: 500, about: 'Devices that are unknown or retired are left out.' })
  homes: DeviceHome[];
}
export const locateDevices = defineRequest({
  subject: 'devices.locate.v1',
  server: 'web',
  callers: ['downloads', 'push-broker', ...REPORT_SERVICES],
  request: LocateDevices,
  reply: DeviceHomes,
});
