import type { OperationTransition } from '@muster/contracts';
import { When } from '../ui/when';
import { StateStatus } from './state-status';
import classes from './operations.module.css';

/** Every state that the operation was in, when, and why. */
export function Transitions({ transitions }: { transitions: readonly OperationTransition[] }) {
  return (
    <ol className={classes.transitions}>
      {transitions.map(({ state, reason, at }, index) => (
        <li key={index}>
          <div className={classes.transition}>
            <StateStatus state={state} />
            <span className="dim nowrap">
              <When at={at} />
            </span>
          </div>
          {reason && <p className="dim">{reason}</p>}
        </li>
      ))}
    </ol>
  );
}
