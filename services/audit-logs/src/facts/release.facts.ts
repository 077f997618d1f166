import {
  type AuditTarget,
  channelChanged,
  deviceUpdateEnded,
  type ReleaseFact,
  releasePublished,
  releaseRemoved,
  releaseUploaded,
  rollOutChanged,
  rollOutStopped,
} from '@muster/contracts';
import { detailsOf } from '../chain/draft';
import { fact, type FactMapping } from './fact-mapping';

const release = ({ releaseId, version, platform }: ReleaseFact): AuditTarget => ({
  kind: 'release',
  id: releaseId,
  name: `${version} (${platform})`,
});
const digest = ({ sha256 }: ReleaseFact) => detailsOf({ sha256 });

/** Releases of the agent and what became of them. */
export const RELEASE_FACTS: readonly FactMapping[] = [
  fact(releaseUploaded, { target: release, details: digest }),
  fact(releasePublished, { target: release, details: digest }),
  fact(releaseRemoved, { target: release, details: digest }),
  fact(rollOutChanged, {
    target: release,
    details: ({ channel, percentage }) => detailsOf({ channel, percentage }),
  }),
  fact(rollOutStopped, { target: release, details: ({ because }) => detailsOf({ because }) }),
  fact(channelChanged, {
    target: ({ deviceId: id }) => ({ kind: 'device', ...(id === undefined ? {} : { id }) }),
    details: ({ channel, deviceCount }) => detailsOf({ channel, deviceCount }),
  }),
  fact(deviceUpdateEnded, {
    actor: ({ deviceId }) => ({ kind: 'device', id: deviceId, name: deviceId }),
    target: ({ deviceId }) => ({ kind: 'device', id: deviceId }),
    details: ({ releaseId, fromVersion, version, why }) => detailsOf({ releaseId, fromVersion, version, why }),
    outcome: ({ outcome }) => (outcome === 'installed' ? 'done' : 'failed'),
  }),
];
