import { OneOf, Text, Uuid, Whole } from '../schema/fields';
import { ActionFact, PersonFact } from '../audit/action-facts';
import { type BusEvent, defineEvent } from '../wire/bus';
import type { Class } from '../schema/registry';

const fact = <T extends object>(subject: string, payload: Class<T>): BusEvent<T> =>
  defineEvent({ subject, delivery: 'durable', payload, publishers: ['downloads'], consumers: ['audit-logs'] });

/** What every fact about a release says of it. */
export class ReleaseFact extends PersonFact {
  @Uuid() releaseId: string;
  @Text({ max: 64 }) version: string;
  @Text({ max: 32 }) platform: string;
  @Text({ max: 64 }) sha256: string;
}
/** A release was announced by its signed manifest. */
export const releaseUploaded = fact('release.announced.v1', ReleaseFact);
/** Its package is here and is what was signed. */
export const releasePublished = fact('release.published.v1', ReleaseFact);
export const releaseRemoved = fact('release.removed.v1', ReleaseFact);

export class RollOutChanged extends ReleaseFact {
  @Text({ max: 16 }) channel: string;
  @Whole({ min: 0, max: 100 }) percentage: number;
}
export const rollOutChanged = fact('release-roll-out.changed.v1', RollOutChanged);
/** By a person, or by the suite because too many devices failed. */
export class RollOutStopped extends ReleaseFact {
  @Text({ max: 1000 }) because: string;
}
export const rollOutStopped = fact('release-roll-out.stopped.v1', RollOutStopped);

export class ChannelChanged extends PersonFact {
  @Text({ max: 16 }) channel: string;
  @Whole({ min: 1, max: 500 }) deviceCount: number;
  @Uuid({ optional: true, about: 'When it is one device.' }) deviceId?: string;
}
export const channelChanged = fact('release-channel.changed.v1', ChannelChanged);

/** What became of an update on a device. */
export class DeviceUpdateEnded extends ActionFact {
  @Uuid() releaseId: string;
  @Uuid() deviceId: string;
  @Text({ max: 64 }) fromVersion: string;
  @Text({ max: 64 }) version: string;
  @OneOf(['installed', 'failed']) outcome: 'installed' | 'failed';
  @Text({ max: 2000, optional: true }) why?: string;
}
export const deviceUpdateEnded = fact('device-update.ended.v1', DeviceUpdateEnded);
