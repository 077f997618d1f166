import { useIntl } from 'react-intl';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';
import { type ChartData, drawn, type Line } from './charts';
import { colourOf, dashOf, type Look } from './plot-options';
import { valueText } from './value-text';
import classes from './monitoring.module.css';

/** The lines with their values at the moment that is pointed at, else the newest ones. */
export function Legend({ data, look, index }: { data: ChartData; look: Look; index: number | undefined }) {
  const t = useText();
  const intl = useIntl();
  return (
    <ul className={classes.legend}>
      {drawn(data).map((line, place) => (
        <li key={`${line.label} ${line.name ?? ''}`}>
          <svg width={22} height={8} aria-hidden className={classes.key}>
            <line
              x1={0}
              x2={22}
              y1={4}
              y2={4}
              stroke={colourOf(look, place)}
              strokeWidth={2}
              strokeDasharray={dashOf(place)?.join(' ')}
            />
          </svg>
          <span className={classes.label}>
            <Plain text={t(line.label, { name: line.name })} most={60} />
          </span>
          <span className={classes.value}>{valueText(t, intl, data.unit, line, index ?? newestOf(line))}</span>
        </li>
      ))}
    </ul>
  );
}

const newestOf = ({ mean }: Line): number => mean.findLastIndex((value) => value !== null);
