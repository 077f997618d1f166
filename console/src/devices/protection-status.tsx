import type { ProtectionState } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { type Mark, Status, type Tone } from '../ui/status';

const LOOKS: Readonly<Record<ProtectionState, { tone: Tone; mark: Mark }>> = {
  on: { tone: 'good', mark: 'full' },
  partly: { tone: 'warn', mark: 'half' },
  off: { tone: 'bad', mark: 'ring' },
  unknown: { tone: 'idle', mark: 'dash' },
};

/** Whether encryption or antivirus protect a device. */
export function ProtectionStatus({ state }: { state: ProtectionState }) {
  const t = useText();
  return <Status {...LOOKS[state]}>{t(`protection.${state}`)}</Status>;
}
