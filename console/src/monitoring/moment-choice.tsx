import { useId } from 'react';
import { useIntl } from 'react-intl';
import { useText } from '../messages/use-text';
import { type SharedCursor, useCursor } from './cursor';
import classes from './monitoring.module.css';

interface MomentChoiceProps {
  cursor: SharedCursor;
  /** Seconds since 1970. */
  times: number[];
  /** The moment that is chosen. */
  at: string | undefined;
  onChoose: (index: number) => void;
}

/** Moves through the points of all charts by keyboard or touch; letting go chooses the moment. */
export function MomentChoice({ cursor, times, at, onChoose }: MomentChoiceProps) {
  const t = useText();
  const intl = useIntl();
  const id = useId();
  const pointed = useCursor(cursor);
  const chosen = at === undefined ? times.length - 1 : placeOf(times, Date.parse(at) / 1000);
  const index = Math.min(pointed ?? chosen, times.length - 1);
  const time = times[index];
  const words = time === undefined ? '' : intl.formatDate(time * 1000, { dateStyle: 'medium', timeStyle: 'medium' });
  const leave = () => {
    if (cursor.index !== undefined) onChoose(cursor.index);
    cursor.set(undefined);
  };
  return (
    <div className={classes.moment}>
      <label htmlFor={id}>
        {t('monitoring.moment')} <time className="dim">{words}</time>
      </label>
      <input
        id={id}
        type="range"
        dir="ltr"
        min={0}
        max={times.length - 1}
        value={index}
        aria-valuetext={words}
        onChange={(event) => cursor.set(Number(event.currentTarget.value))}
        onPointerUp={leave}
        onKeyUp={(event) => event.key.startsWith('Arrow') || leave()}
        onBlur={leave}
      />
    </div>
  );
}

/** The last point that is not later. */
function placeOf(times: number[], second: number): number {
  const later = times.findIndex((time) => time > second);
  return later === -1 ? times.length - 1 : Math.max(0, later - 1);
}
