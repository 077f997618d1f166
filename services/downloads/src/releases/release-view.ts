import type { PersonFact, Release, ReleaseFact } from '@muster/contracts';
import type { ReleaseRow } from './release.entity';

/** A release as people see it. */
export const releaseView = (row: ReleaseRow): Release => ({
  id: row.id,
  version: row.version,
  platform: row.platform,
  state: row.state,
  sha256: row.sha256,
  sizeBytes: Number(row.sizeBytes),
  receivedBytes: Number(row.receivedBytes),
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  rollOut: {
    channel: row.channel,
    percentage: row.percentage,
    mostAtOnce: row.mostAtOnce,
    stop: row.stopRule,
  },
  offered: row.offered,
  installed: row.installed,
  failed: row.failed,
  ...(row.stoppedBecause === null ? {} : { stoppedBecause: row.stoppedBecause }),
});

/** What a fact says of a release. */
export const releaseFact = (
  by: PersonFact,
  { id, version, platform, sha256 }: Pick<ReleaseRow, 'id' | 'version' | 'platform' | 'sha256'>,
): ReleaseFact => ({ ...by, releaseId: id, version, platform, sha256 });
