import { Instant, List, OneOf, Text, text, Uuid, Whole } from '../schema/fields';
import { defineRequest } from '../wire/bus';
import { Signed } from '../devices/endpoint-map';
import { VERSION_PATTERN } from './version';

/** Node.js' names of platform and processor; `any` runs wherever the agent's Node.js does. */
export const RELEASE_PLATFORMS = [
  'any',
  'linux-x64',
  'linux-arm64',
  'win32-x64',
  'win32-arm64',
  'darwin-x64',
  'darwin-arm64',
] as const;
export type ReleasePlatform = (typeof RELEASE_PLATFORMS)[number];

export const RELEASE_VERSION = { max: 64, pattern: VERSION_PATTERN } as const;
/** The largest package that is taken, in bytes. */
export const PACKAGE_BYTES = 1024 * 1024 * 1024;

/**
 * What is signed of an agent release (purpose `release`): which bytes a device may install, and instead of what. The
 * package is a tar archive (POSIX.1-1988 `ustar`) of plain files and folders, compressed with gzip, whose top holds
 * `main.mjs`.
 */
export class ReleaseManifest {
  @OneOf(['release']) purpose: 'release';
  @OneOf(['muster-agent']) product: 'muster-agent';
  @Text(RELEASE_VERSION) version: string;
  @OneOf(RELEASE_PLATFORMS) platform: ReleasePlatform;
  @Uuid({ optional: true, about: 'The one organisation whose devices may install it; absent: every organisation.' })
  organisationId?: string;
  @Text({ max: 64, pattern: /^[0-9a-f]{64}$/, about: 'SHA-256 of the package, lower-case hex.' }) sha256: string;
  @Whole({ min: 1, max: PACKAGE_BYTES, about: 'Length of the package in bytes.' }) sizeBytes: number;
  @Whole({ min: 1, max: 4 * PACKAGE_BYTES, about: 'Sum of the lengths of all files in it.' }) unpackedBytes: number;
  @Instant() issuedAt: string;
  @List(text(RELEASE_VERSION), {
    max: 50,
    optional: true,
    about: 'Versions that it may replace although they are newer: without this a device refuses to go back.',
  })
  downgradeFrom?: string[];
}

/** Has a release signed for its own organisation on behalf of a person who may publish it. */
export class SignRelease {
  @Text({ max: 512, about: "The person's session or token secret, as presented to the caller." }) credential: string;
  @Text({ max: 10_000, about: 'JSON of a ReleaseManifest, as JSON.stringify writes it.' }) payload: string;
}
export const signRelease = defineRequest({
  subject: 'release.sign.v1',
  server: 'key-manager',
  callers: ['downloads'],
  request: SignRelease,
  reply: Signed,
});
