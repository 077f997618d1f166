import type { Procedure } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { useText } from '../../messages/use-text';
import { Notice } from '../../ui/notice';
import { LoadingLines } from '../../ui/states';
import { useNow } from '../../ui/when';
import type { Targets } from './use-targets';
import classes from './run.module.css';

const NAMED = 12;

interface RunSummaryProps {
  targets: Targets;
  procedure: Procedure;
  expirySeconds: number;
}

/** Says what the button will do: on how many devices, which of them are out of reach, and until when they may start. */
export function RunSummary({ targets, procedure, expirySeconds }: RunSummaryProps) {
  const t = useText();
  const intl = useIntl();
  const now = useNow();
  const until = intl.formatDate(now + expirySeconds * 1000, { dateStyle: 'medium', timeStyle: 'short' });
  if (targets.pending) return <LoadingLines lines={2} />;
  if (targets.count === 0) return <Notice tone="info">{t('run.summaryNone')}</Notice>;
  const named = targets.offline.slice(0, NAMED).map(({ name }) => name);
  const further = targets.offline.length - named.length;
  return (
    <div className={classes.summary}>
      <Notice tone="info">
        {t(targets.atMost ? 'run.summaryAtMost' : 'run.summary', { name: procedure.name, count: targets.count })}
      </Notice>
      {targets.offline.length > 0 && (
        <Notice tone="warn" title={t('run.offline', { count: targets.offline.length })}>
          <p className={classes.names}>
            {intl.formatList(further > 0 ? [...named, t('run.further', { count: further })] : named)}
          </p>
          <p className={classes.names}>{t('run.offlineText', { until })}</p>
        </Notice>
      )}
    </div>
  );
}
