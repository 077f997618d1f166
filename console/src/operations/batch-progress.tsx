import { type OperationBatch, OPERATION_STATES, type OperationState } from '@muster/contracts';
import { FormattedNumber } from 'react-intl';
import { useText } from '../messages/use-text';
import { hasEnded, STATE_LOOKS } from './state';
import { StateStatus } from './state-status';
import classes from './operations.module.css';

interface BatchProgressProps {
  batch: OperationBatch;
  /** State that the list below is filtered by. */
  state: OperationState | undefined;
  onState: (state: OperationState | undefined) => void;
}

/** How many devices are in which state; each count filters the list. Only what has ended fills the bar. */
export function BatchProgress({ batch, state: chosen, onState }: BatchProgressProps) {
  const t = useText();
  const counts = new Map(batch.states.map(({ state, count }) => [state, count]));
  const present = OPERATION_STATES.filter((state) => (counts.get(state) ?? 0) > 0);
  const ended = present.filter(hasEnded).reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  const running = counts.get('IN_PROGRESS') ?? 0;
  const waiting = Math.max(0, batch.deviceCount - ended - running);
  return (
    <>
      <p role="status" className={classes.progressText}>
        {t('operations.ended', { ended, count: batch.deviceCount })}
      </p>
      <div className={classes.progress} aria-hidden>
        {present.filter(hasEnded).map((state) => (
          <span key={state} data-tone={STATE_LOOKS[state].tone} style={{ flexGrow: counts.get(state) }} />
        ))}
        {running > 0 && <span data-running style={{ flexGrow: running }} />}
        {waiting > 0 && <span style={{ flexGrow: waiting }} />}
      </div>
      <ul className={classes.counts} aria-label={t('operations.filters')}>
        {present.map((state) => (
          <li key={state}>
            <button
              type="button"
              aria-pressed={state === chosen}
              onClick={() => onState(state === chosen ? undefined : state)}
            >
              <StateStatus state={state} />
              <strong>
                <FormattedNumber value={counts.get(state) ?? 0} />
              </strong>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
