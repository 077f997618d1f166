import { IconPower } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { When } from '../ui/when';
import classes from './monitoring.module.css';

const NAMED = 5;

/** When the device started anew within what is shown: the dashed lines of the charts, in words. */
export function Restarts({ restarts }: { restarts: readonly number[] }) {
  const t = useText();
  if (restarts.length === 0) return null;
  return (
    <div className={classes.restarts}>
      <IconPower size={15} aria-hidden />
      <span>{t('monitoring.restarts', { count: restarts.length })}</span>
      {restarts.slice(-NAMED).map((restart) => (
        <When key={restart} at={new Date(restart * 1000).toISOString()} />
      ))}
    </div>
  );
}
