import { Tooltip } from '@mantine/core';
import { useLive } from '../live/live-context';
import { useText } from '../messages/use-text';
import { Status } from '../ui/status';

const LOOKS = {
  connected: { tone: 'good', mark: 'full' },
  connecting: { tone: 'idle', mark: 'half' },
  waiting: { tone: 'warn', mark: 'ring' },
} as const;

/** Whether what is on the screen changes by itself. */
export function LiveIndicator() {
  const t = useText();
  const { state } = useLive();
  return (
    <Tooltip label={t(`live.${state}.explained`)} multiline w={260}>
      <span className="dim" role="status" data-testid="live-state" data-state={state}>
        <Status {...LOOKS[state]}>{t(`live.${state}`)}</Status>
      </span>
    </Tooltip>
  );
}
