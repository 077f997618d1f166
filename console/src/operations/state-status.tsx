import type { Operation, OperationState } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Status } from '../ui/status';
import { hasEnded, STATE_LOOKS } from './state';

export function StateStatus({ state }: { state: OperationState }) {
  const t = useText();
  return <Status {...STATE_LOOKS[state]}>{t(`states.${state}`)}</Status>;
}

/** The state with what a person would ask next: is it being cancelled, how did it exit? */
export function OperationStatus({ operation }: { operation: Operation }) {
  const t = useText();
  const { state, cancelRequested, exitCode } = operation;
  return (
    <>
      <StateStatus state={state} />
      {cancelRequested && !hasEnded(state) && <span className="dim"> · {t('operations.cancelling')}</span>}
      {state === 'ERROR' && exitCode !== undefined && (
        <span className="dim"> · {t('operations.exit', { code: exitCode })}</span>
      )}
    </>
  );
}
