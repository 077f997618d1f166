import type { DeviceReleaseState, Release, ReleaseState } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { type Mark, Status, type Tone } from '../ui/status';

const LOOKS: Readonly<Record<ReleaseState, { tone: Tone; mark: Mark }>> = {
  uploading: { tone: 'idle', mark: 'ring' },
  ready: { tone: 'idle', mark: 'full' },
  running: { tone: 'good', mark: 'half' },
  stopped: { tone: 'warn', mark: 'dash' },
  halted: { tone: 'bad', mark: 'dash' },
};
const DEVICE_LOOKS: Readonly<Record<DeviceReleaseState, { tone: Tone; mark: Mark }>> = {
  offered: { tone: 'busy', mark: 'half' },
  installed: { tone: 'good', mark: 'full' },
  failed: { tone: 'bad', mark: 'dash' },
};

export function ReleaseStateMark({ state }: { state: ReleaseState }) {
  const t = useText();
  return <Status {...LOOKS[state]}>{t(`releases.state.${state}`)}</Status>;
}

export function DeviceReleaseMark({ state }: { state: DeviceReleaseState }) {
  const t = useText();
  return <Status {...DEVICE_LOOKS[state]}>{t(`releases.device.${state}`)}</Status>;
}

/** What became of a release on devices, for the text that tells it. */
export const countsOf = ({ offered, installed, failed }: Release) => ({
  ...{ installed, failed },
  updating: offered - installed - failed,
});

/** Whether a release may change without anybody's doing; outcomes of those that were updating come after a stop too. */
export const movesByItself = (release: Release): boolean =>
  release.state === 'running' || release.state === 'uploading' || countsOf(release).updating > 0;
