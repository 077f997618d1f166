import { Flag, Instant, List, nested, OneOf, Text, uuid, Uuid, Whole } from '../schema/fields';
import { defineEvent, defineRequest } from '../wire/bus';

/** A device's connection began or ended at a broker node. Newest `(epoch, sequence)` of a node wins. */
export class PresenceChange {
  @Uuid() deviceId: string;
  @Flag() connected: boolean;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) sequence: number;
  @Text({ max: 64, about: 'Client address.' }) address: string;
  @Instant() at: string;
}
export class PresenceBatch {
  @Text({ min: 1, max: 128, about: 'Broker node.' }) node: string;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'When the node started, milliseconds since 1970.' })
  epoch: number;
  @List(nested(() => PresenceChange), { max: 1000 }) changes: PresenceChange[];
}
export const presenceChanged = defineEvent({
  subject: 'presence.changed.v1',
  delivery: 'captured',
  payload: PresenceBatch,
  publishers: ['push-broker'],
  consumers: ['web'],
});

/** Renews a node's lease. `connected` lets the reader notice that it missed something and ask for a snapshot. */
export class PresenceLease {
  @Text({ min: 1, max: 128 }) node: string;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) epoch: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Newest sequence sent before this.' }) sequence: number;
  @Whole({ min: 0, max: 10_000_000 }) connected: number;
  @Whole({ min: 1, max: 3600 }) leaseSeconds: number;
}
export const presenceLeased = defineEvent({
  subject: 'presence.leased.v1',
  delivery: 'ephemeral',
  payload: PresenceLease,
  publishers: ['push-broker'],
  consumers: ['web'],
});

/** Pages through the devices that a node has connected now, by device id. Only the named node answers. */
export class PresenceSnapshotQuery {
  @Text({ min: 1, max: 128 }) node: string;
  @Uuid({ optional: true, about: 'Device id to start after.' }) after?: string;
}
export class PresenceSnapshot {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) epoch: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) sequence: number;
  @List(nested(() => PresenceChange), { max: 1000 }) devices: PresenceChange[];
  @Flag() last: boolean;
}
export const readPresence = defineRequest({
  subject: 'presence.snapshot.v1',
  server: 'push-broker',
  callers: ['web'],
  request: PresenceSnapshotQuery,
  reply: PresenceSnapshot,
});

/** What may wait for a device: operations, for which it syncs, or a release of the agent, which it asks for. */
export const WAKE_CAUSES = ['operations', 'release'] as const;
export type WakeCause = (typeof WAKE_CAUSES)[number];
/** Something waits for these devices: whoever has them connected tells them. Lost ones find out by polling. */
export class WakeHint {
  @List(uuid(), { min: 1, max: 1000 }) deviceIds: string[];
  @OneOf(WAKE_CAUSES, { optional: true, about: 'What waits; operations when absent.' }) about?: WakeCause;
}
export const devicesWoken = defineEvent({
  subject: 'devices.wake.v1',
  delivery: 'ephemeral',
  payload: WakeHint,
  publishers: ['web', 'downloads'],
  consumers: ['push-broker'],
});

/** The broker handed a wake-up to these devices' connections. */
export class DevicesNotified {
  @List(uuid(), { min: 1, max: 1000 }) deviceIds: string[];
  @Instant() at: string;
}
export const devicesNotified = defineEvent({
  subject: 'presence.notified.v1',
  delivery: 'captured',
  payload: DevicesNotified,
  publishers: ['push-broker'],
  consumers: ['web'],
});

/**
 * The wake-up stanza: a headline message from the JID domain with the element `wake` as its only payload. Its attribute
 * `about` is what waits (`WakeCause`); without it, and for who does not know it, the answer is a sync.
 */
export const WAKE_NAMESPACE = 'urn:muster:push:1';
