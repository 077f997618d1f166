import { FormattedNumber } from 'react-intl';
import { Link } from 'react-router';
import type { Tone } from '../ui/status';
import classes from './dashboard.module.css';

interface StatLinkProps {
  to: string;
  label: string;
  hint?: string;
  count: number;
  /** How it looks when it is not zero. */
  tone: Tone;
}

/** A number that leads to the list of what it counts. */
export function StatLink({ to, label, hint, count, tone }: StatLinkProps) {
  return (
    <Link to={to} className={classes.stat} data-tone={count > 0 ? tone : 'idle'}>
      <span className={classes.count}>
        <FormattedNumber value={count} />
      </span>
      <span className={classes.label}>{label}</span>
      {hint && <span className={classes.hint}>{hint}</span>}
    </Link>
  );
}
