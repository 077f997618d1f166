import { type DeviceCounts, PRESENCES } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { PRESENCE_LOOKS } from '../devices/presence';
import { StatLink } from './stat-link';
import classes from './dashboard.module.css';

/** All devices by presence: a bar for the eye, a linked number for each. */
export function PresenceSummary({ counts }: { counts: DeviceCounts }) {
  const t = useText();
  return (
    <>
      <div className={classes.bar} aria-hidden>
        {PRESENCES.filter((presence) => counts[presence] > 0).map((presence) => (
          <span key={presence} data-presence={presence} style={{ flexGrow: counts[presence] }} />
        ))}
      </div>
      <div className={classes.stats}>
        <StatLink to="/devices" label={t('dashboard.known')} count={counts.known} tone="busy" />
        {PRESENCES.map((presence) => (
          <StatLink
            key={presence}
            to={`/devices?presence=${presence}`}
            label={t(`presence.${presence}`)}
            hint={t(`presence.${presence}.explained`)}
            count={counts[presence]}
            tone={PRESENCE_LOOKS[presence].tone}
          />
        ))}
      </div>
    </>
  );
}
