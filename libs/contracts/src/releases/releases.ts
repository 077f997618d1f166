import { Base64, Instant, List, Nested, nested, OneOf, Text, Uuid, uuid, Whole } from '../schema/fields';
import { Signed } from '../devices/endpoint-map';
import { ById, PlaceQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { RELEASE_PLATFORMS, type ReleasePlatform, PACKAGE_BYTES, RELEASE_VERSION } from './manifest';
import {
  channelChanged,
  releasePublished,
  releaseRemoved,
  releaseUploaded,
  rollOutChanged,
  rollOutStopped,
} from './release-events';

const own = { service: 'downloads', face: 'manager' } as const;
const read = may('releases.read');
const write = may('releases.write');

/** A device on `beta` gets what is rolled out to `stable` as well. */
export const RELEASE_CHANNELS = ['stable', 'beta'] as const;
export type ReleaseChannel = (typeof RELEASE_CHANNELS)[number];
/**
 * `uploading`: the package is not all there. `ready`: package, digest and signature are in order. `running`: offered to
 * devices. `stopped`: by a person. `halted`: the roll-out stopped itself because too many devices failed.
 */
export const RELEASE_STATES = ['uploading', 'ready', 'running', 'stopped', 'halted'] as const;
export type ReleaseState = (typeof RELEASE_STATES)[number];

/** When a roll-out stops by itself: with more failures than either allows. */
export class StopRule {
  @Whole({ min: 0, max: 100_000, about: 'More failed devices than this stop it.' }) failures: number;
  @Whole({ min: 0, max: 100, about: 'A greater share of failures among devices with an outcome, in per cent.' })
  sharePercent: number;
  @Whole({ min: 1, max: 100_000, about: 'Devices with an outcome before the share counts.' }) shareAfter: number;
}
export class RollOut {
  @OneOf(RELEASE_CHANNELS) channel: ReleaseChannel;
  @Whole({ min: 0, max: 100, about: 'Share of the devices, by a hash of their ids: raising it keeps who has it.' })
  percentage: number;
  @Whole({ min: 1, max: 100_000, about: 'Most devices that may be updating at one time.' }) mostAtOnce: number;
  @Nested(() => StopRule) stop: StopRule;
}

export class Release {
  @Uuid() id: string;
  @Text(RELEASE_VERSION) version: string;
  @OneOf(RELEASE_PLATFORMS) platform: ReleasePlatform;
  @OneOf(RELEASE_STATES) state: ReleaseState;
  @Text({ max: 64 }) sha256: string;
  @Whole({ min: 1, max: PACKAGE_BYTES }) sizeBytes: number;
  @Whole({ min: 0, max: PACKAGE_BYTES, about: 'Bytes of the package that are here.' }) receivedBytes: number;
  @Instant() createdAt: string;
  @Text({ max: 255 }) createdBy: string;
  @Nested(() => RollOut) rollOut: RollOut;
  @Whole({ min: 0, max: 10_000_000, about: 'Devices to which it was ever offered.' }) offered: number;
  @Whole({ min: 0, max: 10_000_000 }) installed: number;
  @Whole({ min: 0, max: 10_000_000 }) failed: number;
  @Text({ max: 1000, optional: true, about: 'Why the roll-out stopped.' }) stoppedBecause?: string;
}
export class ReleaseQuery extends PlaceQuery {
  @OneOf(RELEASE_STATES, { optional: true }) state?: ReleaseState;
  @OneOf(RELEASE_CHANNELS, { optional: true }) channel?: ReleaseChannel;
  @OneOf(['created', 'version'], { optional: true }) sort?: 'created' | 'version';
}
export class ReleasePage {
  @List(nested(() => Release), { max: 5000 }) releases: Release[];
  @Whole({ min: 0, max: 10_000_000 }) total: number;
  @Text({ max: 4000, optional: true, about: 'For `after`; absent on the last page.' }) next?: string;
}
export const listReleases = defineRoute({
  ...own,
  method: 'GET',
  path: '/downloads/releases',
  access: read,
  summary: 'Agent releases and how far they are rolled out, newest first',
  query: ReleaseQuery,
  reply: ReleasePage,
  list: 'releases',
});
export const readRelease = defineRoute({
  ...own,
  method: 'GET',
  path: '/downloads/releases/:id',
  access: read,
  summary: 'One agent release',
  params: ById,
  reply: Release,
});

export class ReleaseText {
  @Text({ max: 10_000, about: 'JSON of a ReleaseManifest, as JSON.stringify writes it.' }) payload: string;
}
export const signReleaseText = defineRoute({
  ...own,
  method: 'POST',
  path: '/downloads/releases/signature',
  access: write,
  summary: "Have a release's manifest signed for this organisation, for who has no release key of their own",
  body: ReleaseText,
  reply: Signed,
  causes: { none: 'a signature offers nothing; the release that is made with it is recorded' },
});
export class CreateRelease {
  @Nested(() => Signed, { about: 'A ReleaseManifest.' }) manifest: Signed;
}
export const createRelease = defineRoute({
  ...own,
  method: 'POST',
  path: '/downloads/releases',
  access: write,
  summary: 'Announce a release by its signed manifest; its package follows in pieces',
  body: CreateRelease,
  bodyLimit: 128 * 1024,
  reply: Release,
  causes: [releaseUploaded],
});

/** Length of every piece of a package but the last. */
export const PIECE_BYTES = 4 * 1024 * 1024;
export class PackagePiece {
  @Whole({ min: 0, max: PACKAGE_BYTES / PIECE_BYTES, about: 'From 0. In order; a piece may be sent again.' })
  number: number;
  @Base64({ max: Math.ceil(PIECE_BYTES / 3) * 4, about: 'PIECE_BYTES bytes; the last piece has what is left.' })
  data: string;
}
export const uploadPiece = defineRoute({
  ...own,
  method: 'PUT',
  path: '/downloads/releases/:id/package',
  access: write,
  summary: 'Add a piece of the package; with the last one the digest is checked and the release is ready',
  params: ById,
  body: PackagePiece,
  bodyLimit: 6 * 1024 * 1024,
  reply: Release,
  causes: [releasePublished],
});
export const rollOutRelease = defineRoute({
  ...own,
  method: 'PUT',
  path: '/downloads/releases/:id/roll-out',
  access: write,
  summary: 'Roll a release out, or change how; also goes on after a stop',
  params: ById,
  body: RollOut,
  reply: Release,
  causes: [rollOutChanged],
});
export const stopRelease = defineRoute({
  ...own,
  method: 'POST',
  path: '/downloads/releases/:id/stop',
  access: write,
  summary: 'Offer a release to no further device; devices that have it keep it',
  params: ById,
  reply: Release,
  causes: [rollOutStopped],
});
export const removeRelease = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/downloads/releases/:id',
  access: write,
  summary: 'Remove a release that is not rolled out now, and its package',
  params: ById,
  causes: [releaseRemoved],
});

export const DEVICE_RELEASE_STATES = ['offered', 'installed', 'failed'] as const;
export type DeviceReleaseState = (typeof DEVICE_RELEASE_STATES)[number];
export class ReleaseDevice {
  @Uuid() deviceId: string;
  @OneOf(DEVICE_RELEASE_STATES) state: DeviceReleaseState;
  @Text({ max: 64 }) fromVersion: string;
  @Instant() at: string;
  @Text({ max: 2000, optional: true, about: 'Why it failed.' }) why?: string;
}
export class ReleaseDeviceQuery extends PlaceQuery {
  @OneOf(DEVICE_RELEASE_STATES, { optional: true }) state?: DeviceReleaseState;
}
export class ReleaseDevicePage {
  @List(nested(() => ReleaseDevice), { max: 5000 }) devices: ReleaseDevice[];
  @Whole({ min: 0, max: 10_000_000 }) total: number;
  @Text({ max: 4000, optional: true, about: 'For `after`; absent on the last page.' }) next?: string;
}
export const listReleaseDevices = defineRoute({
  ...own,
  method: 'GET',
  path: '/downloads/releases/:id/devices',
  access: read,
  summary: 'Devices to which a release was offered, and what came of it, newest first',
  params: ById,
  query: ReleaseDeviceQuery,
  reply: ReleaseDevicePage,
  list: 'devices',
});

/** Channel of devices: `stable` unless said otherwise. */
export class SetChannel {
  @OneOf(RELEASE_CHANNELS) channel: ReleaseChannel;
  @List(uuid(), { min: 1, max: 500 }) deviceIds: string[];
}
export const setChannel = defineRoute({
  ...own,
  method: 'PUT',
  path: '/downloads/channels',
  access: write,
  summary: 'Put devices on a release channel',
  body: SetChannel,
  causes: [channelChanged],
});
