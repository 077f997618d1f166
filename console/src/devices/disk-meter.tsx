import type { DiskFacts } from '@muster/contracts';
import { useIntl } from 'react-intl';
import classes from './devices.module.css';

/** Below this share of free space the bar warns. */
const TIGHT = 0.1;

export function DiskMeter({ disk }: { disk: DiskFacts }) {
  const intl = useIntl();
  if (disk.sizeBytes === 0) return <>–</>;
  const used = 1 - disk.freeBytes / disk.sizeBytes;
  return (
    <span className={classes.meter}>
      <span>{intl.formatNumber(used, { style: 'percent' })}</span>
      <span className={classes.meterBar} data-full={used > 1 - TIGHT || undefined} aria-hidden>
        <span style={{ inlineSize: `${used * 100}%` }} />
      </span>
    </span>
  );
}
