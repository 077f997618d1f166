import { Flag, Instant, List, Nested, nested, OneOf, text, Text, Uuid, uuid, Whole } from '../schema/fields';
import { PROTECTION_STATES, type ProtectionState } from '../inventory/items';
import { ById, PageQuery, PlaceQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { DeviceFacts } from './facts';
import { deviceDescribed, deviceRenamed, deviceRetired, mergeQuestionAnswered } from './device-events';

const own = { service: 'web', face: 'manager' } as const;

/** `online`: connected; `polling`: not connected, but asking regularly; `unknown`: its broker node is out of reach. */
export const PRESENCES = ['online', 'polling', 'unknown', 'offline'] as const;
export type Presence = (typeof PRESENCES)[number];

/** What of its inventory a list of devices can show and filter by. Absent before the first inventory. */
export class InventorySummary {
  @Instant() at: string;
  @Text({ max: 200, optional: true }) manufacturer?: string;
  @Text({ max: 200, optional: true }) model?: string;
  @Text({ max: 200, optional: true }) serialNumber?: string;
  @OneOf(PROTECTION_STATES) encryption: ProtectionState;
  @OneOf(PROTECTION_STATES) antivirus: ProtectionState;
  @Text({ max: 200, optional: true }) lastUser?: string;
  @Whole({ min: 0, max: 10_000_000 }) softwareCount: number;
}
/** A row of the device list. */
export class DeviceSummary {
  @Uuid() id: string;
  @Text({ max: 255, about: 'Display name: given by a person, else the host name.' }) name: string;
  @Text({ max: 255 }) hostName: string;
  @OneOf(PRESENCES) presence: Presence;
  @Text({ max: 64 }) platform: string;
  @Text({ max: 200 }) osName: string;
  @Text({ max: 64 }) agentVersion: string;
  @Text({ max: 200, optional: true }) user?: string;
  @Instant({ optional: true }) lastContactAt?: string;
  @Instant() enrolledAt: string;
  @Flag({ about: 'A merge question is open or an operation failed in the last day.' }) attention: boolean;
  @Nested(() => InventorySummary, { optional: true }) inventory?: InventorySummary;
}
export class DevicePage {
  @List(nested(() => DeviceSummary), { max: 200 }) devices: DeviceSummary[];
  @Whole({ min: 0, max: 100_000_000 }) total: number;
  @Text({ max: 2000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export class DeviceQuery extends PageQuery {
  @Text({
    max: 2000,
    optional: true,
    about:
      'The `next` of the page before, with the same sort and direction: a place that no change of other rows moves.',
  })
  after?: string;
  @OneOf(['name', 'presence', 'osName', 'lastContactAt', 'enrolledAt'], { optional: true }) sort?:
    'name' | 'presence' | 'osName' | 'lastContactAt' | 'enrolledAt';
  @OneOf(PRESENCES, { optional: true }) presence?: Presence;
  @Text({ max: 64, optional: true }) platform?: string;
  @Uuid({ optional: true }) groupId?: string;
  @Flag({ optional: true, about: 'Only devices that need attention.' }) attention?: boolean;
  @OneOf(PROTECTION_STATES, { optional: true, about: 'Disk encryption.' }) encryption?: ProtectionState;
  @OneOf(PROTECTION_STATES, { optional: true }) antivirus?: ProtectionState;
  @Text({ max: 200, optional: true }) manufacturer?: string;
  @Text({ max: 200, optional: true }) model?: string;
}
export const listDevices = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/devices',
  access: may('devices.read'),
  summary: 'Devices, paged, sorted and filtered',
  query: DeviceQuery,
  reply: DevicePage,
  list: 'devices',
});

export class DeviceGroupRef {
  @Uuid() id: string;
  @Text({ max: 200 }) name: string;
}
export class DeviceDetail extends DeviceSummary {
  @Nested(() => DeviceFacts) facts: DeviceFacts;
  @Instant() factsAt: string;
  @Text({ max: 64, optional: true, about: 'Address of the last connection.' }) address?: string;
  @List(nested(() => DeviceGroupRef), { max: 1000 }) groups: DeviceGroupRef[];
  @List(uuid(), { max: 100 }) mergeQuestionIds: string[];
}
export const readDevice = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/devices/:id',
  access: may('devices.read'),
  summary: 'One device with its facts and groups',
  params: ById,
  reply: DeviceDetail,
});
export class RenameDevice {
  @Text({ max: 255, about: 'Empty: show the host name again.' }) name: string;
}
export const renameDevice = defineRoute({
  ...own,
  method: 'PATCH',
  path: '/api/devices/:id',
  access: may('devices.write'),
  summary: 'Give a device a display name',
  params: ById,
  body: RenameDevice,
  reply: DeviceDetail,
  causes: [deviceRenamed, deviceDescribed],
});
export const retireDevice = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/api/devices/:id',
  access: may('devices.retire'),
  summary: 'Retire a device: revoke its certificates, cancel what is pending',
  params: ById,
  causes: [deviceRetired, deviceDescribed],
});

export class DeviceCounts {
  @Whole({ min: 0, max: 100_000_000 }) known: number;
  @Whole({ min: 0, max: 100_000_000 }) online: number;
  @Whole({ min: 0, max: 100_000_000 }) polling: number;
  @Whole({ min: 0, max: 100_000_000 }) unknown: number;
  @Whole({ min: 0, max: 100_000_000 }) offline: number;
  @Whole({ min: 0, max: 100_000_000 }) attention: number;
}
export class Dashboard {
  @Nested(() => DeviceCounts) devices: DeviceCounts;
  @Whole({ min: 0, max: 100_000_000 }) operationsRunning: number;
  @Whole({ min: 0, max: 100_000_000 }) operationsWaiting: number;
  @Whole({ min: 0, max: 100_000_000, about: 'In the last 24 hours.' }) operationsFailed: number;
  @Whole({ min: 0, max: 100_000_000 }) mergeQuestions: number;
}
export const readDashboard = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/dashboard',
  access: may('devices.read'),
  summary: 'Counts for the first screen',
  reply: Dashboard,
});

/** A newly enrolled device looks like one that is known already. Both stay usable until somebody answers. */
export class MergeQuestion {
  @Uuid() id: string;
  @Nested(() => DeviceSummary) known: DeviceSummary;
  @Nested(() => DeviceSummary) newcomer: DeviceSummary;
  @List(text({ max: 32 }), { max: 8, about: 'What is equal: systemUuid, serialNumber, machineId, macs.' })
  equal: string[];
  @Instant() askedAt: string;
}
export class MergeQuestionList {
  @List(nested(() => MergeQuestion), { max: 200 }) questions: MergeQuestion[];
  @Whole({ min: 0, max: 1_000_000 }) total: number;
  @Text({ max: 4000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const listMergeQuestions = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/merge-questions',
  access: may('devices.read'),
  summary: 'Open merge questions',
  query: PlaceQuery,
  reply: MergeQuestionList,
  list: 'questions',
});
export class AnswerMergeQuestion {
  @OneOf(['same', 'different'], {
    about:
      '`same`: the newcomer takes over name, groups and history and the known device is retired; `different`: both stay.',
  })
  answer: 'same' | 'different';
}
export const answerMergeQuestion = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/merge-questions/:id/answer',
  access: may('devices.retire'),
  summary: 'Say whether two devices are one',
  params: ById,
  body: AnswerMergeQuestion,
  causes: [mergeQuestionAnswered, deviceRetired, deviceDescribed],
});
