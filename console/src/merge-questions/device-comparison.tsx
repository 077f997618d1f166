import type { ReactNode } from 'react';
import { type DeviceSummary, listDevices, type MergeQuestion } from '@muster/contracts';
import { Link } from 'react-router';
import { platformName } from '../devices/platform-name';
import { LastContact } from '../devices/last-contact';
import { PresenceStatus } from '../devices/presence-status';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { When } from '../ui/when';
import classes from './merge-questions.module.css';

/** A table with the two devices as columns. */
export function DeviceComparison({ question }: { question: MergeQuestion }) {
  const t = useText();
  const may = useMay();
  const name = ({ id, name }: DeviceSummary) =>
    may(listDevices) ? (
      <Link to={`/devices/${id}`} className="link">
        {name}
      </Link>
    ) : (
      name
    );
  const rows: [label: string, of: (device: DeviceSummary) => ReactNode][] = [
    [t('devices.name'), name],
    [t('devices.hostName'), ({ hostName }) => hostName],
    [t('devices.presence'), ({ presence }) => <PresenceStatus presence={presence} />],
    [t('devices.platform'), ({ platform }) => platformName(t, platform)],
    [t('devices.system'), ({ osName }) => osName],
    [t('devices.user'), ({ user }) => user ?? '–'],
    [t('devices.lastContact'), (device) => <LastContact device={device} />],
    [t('devices.enrolled'), ({ enrolledAt }) => <When at={enrolledAt} />],
    [t('devices.id'), ({ id }) => <code>{id}</code>],
  ];
  return (
    <div className={classes.scroller} tabIndex={0} role="group" aria-label={t('mergeQuestions.comparison')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('mergeQuestions.known')}</th>
            <th scope="col">{t('mergeQuestions.newcomer')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, of]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{of(question.known)}</td>
              <td>{of(question.newcomer)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
