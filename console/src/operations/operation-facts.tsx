import { listDevices, type OperationDetail } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { Link } from 'react-router';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { FactList } from '../ui/fact-list';
import { Panel } from '../ui/panel';
import { When } from '../ui/when';
import classes from './operations.module.css';

/** What was asked, by whom, and how it went. */
export function OperationFacts({ operation }: { operation: OperationDetail }) {
  const t = useText();
  const intl = useIntl();
  const may = useMay();
  const seconds = operation.durationMs === undefined ? undefined : operation.durationMs / 1000;
  const { deviceId, deviceName } = operation;
  return (
    <Panel title={t('operations.facts')}>
      <FactList
        facts={[
          [
            t('devices.device'),
            may(listDevices) ? (
              <Link key="device" to={`/devices/${deviceId}`} className="link">
                {deviceName}
              </Link>
            ) : (
              deviceName
            ),
          ],
          [t('operations.requestedBy'), operation.requestedBy],
          [t('operations.created'), <When key="created" at={operation.createdAt} />],
          [t('operations.expires'), <When key="expires" at={operation.expiresAt} />],
          [t('operations.exitCode'), operation.exitCode],
          [
            t('operations.duration'),
            seconds === undefined
              ? undefined
              : intl.formatNumber(seconds, { style: 'unit', unit: 'second', maximumFractionDigits: 1 }),
          ],
          ...operation.parameters.map(({ name, value }) => [name, <code key={name}>{value}</code>] as const),
        ]}
      />
      <details className={classes.script}>
        <summary>{t('operations.script')}</summary>
        <pre dir="ltr" tabIndex={0}>
          {operation.script}
        </pre>
      </details>
    </Panel>
  );
}
