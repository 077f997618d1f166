import { Nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { Signed } from '../devices/endpoint-map';
import { ById } from '../wire/page';
import { defineRoute, device } from '../wire/route';
import { RELEASE_PLATFORMS, type ReleasePlatform } from './manifest';

const own = { service: 'downloads', face: 'worker', access: device } as const;

/** Asked regularly, and once more right before the switch: a roll-out may have stopped meanwhile. */
export class AskRelease {
  @Text({ max: 64, about: 'Version that runs now.' }) version: string;
  @OneOf(RELEASE_PLATFORMS) platform: ReleasePlatform;
}
export class WantedRelease {
  @Uuid() releaseId: string;
  @Nested(() => Signed, { about: 'A ReleaseManifest.' }) manifest: Signed;
  @Whole({ min: 5, max: 86_400, about: 'Seconds in which the new version has to be as green as the old one was.' })
  greenWithinSeconds: number;
}
export class ReleaseAnswer {
  @Nested(() => WantedRelease, { optional: true, about: 'Absent: stay as you are.' }) release?: WantedRelease;
  @Whole({ min: 1, max: 604_800, about: 'Seconds until asking again.' }) askAgainSeconds: number;
}
export const askRelease = defineRoute({
  ...own,
  method: 'POST',
  path: '/releases/wanted',
  summary: 'Ask which release this device should run',
  body: AskRelease,
  reply: ReleaseAnswer,
});

/** The package, whole or a part of it: one range, `If-Range` with the strong `ETag` (RFC 9110, sections 13 and 14). */
export const downloadPackage = defineRoute({
  ...own,
  method: 'GET',
  path: '/releases/:id/package',
  summary: 'The package of a release that is offered to this device; takes `Range` and `If-Range`',
  params: ById,
  raw: 'application/octet-stream',
});

/** Sent again until it is acknowledged; the first outcome of a device counts. */
export class UpdateOutcome {
  @OneOf(['installed', 'failed']) outcome: 'installed' | 'failed';
  @Text({ max: 64, about: 'Version that ran before.' }) fromVersion: string;
  @Text({ max: 2000, optional: true }) why?: string;
}
export const reportUpdate = defineRoute({
  ...own,
  method: 'POST',
  path: '/releases/:id/outcome',
  summary: 'Say what became of an update',
  params: ById,
  body: UpdateOutcome,
  accepted: true,
});
