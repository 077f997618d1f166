import { useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { useText } from '../messages/use-text';
import classes from './states.module.css';

/** Counts down to when trying again makes sense, and says the clock time of it. Mounted when the refusal arrives. */
export function RetryTime({ seconds }: { seconds: number | undefined }) {
  const t = useText();
  const intl = useIntl();
  const [until] = useState(() => Date.now() + (seconds ?? 0) * 1000);
  const [left, setLeft] = useState(seconds ?? 0);

  useEffect(() => {
    if (!seconds) return;
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [until, seconds]);

  if (!seconds) return null;
  if (left === 0) return <p className={classes.line}>{t('errors.retryNow')}</p>;
  const clock = intl.formatTime(until, { timeStyle: 'medium' });
  const minutes = Math.floor(left / 60);
  return (
    <p className={classes.line} aria-live="off">
      {t('errors.retryIn', { minutes, seconds: left % 60, clock })}
    </p>
  );
}
