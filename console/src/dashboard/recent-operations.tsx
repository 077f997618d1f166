import { listOperations } from '@muster/contracts';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { OperationTable } from '../operations/operation-table';
import { LinkButton } from '../ui/link-button';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { StatLink } from './stat-link';
import classes from './dashboard.module.css';

/** What runs, what waits, and the newest operations. */
export function RecentOperations({ running, waiting }: { running: number; waiting: number }) {
  const t = useText();
  const operations = useRead(listOperations, { query: { size: 8 } });
  return (
    <div className={classes.below}>
      <Panel
        title={t('operations.title')}
        flush
        actions={
          <LinkButton to="/operations" size="compact-sm" variant="subtle">
            {t('dashboard.allOperations')}
          </LinkButton>
        }
      >
        <div className={classes.inline}>
          <StatLink to="/operations?state=IN_PROGRESS" label={t('dashboard.running')} count={running} tone="busy" />
          <StatLink to="/operations?state=PENDING" label={t('dashboard.waiting')} count={waiting} tone="busy" />
        </div>
        <Loaded query={operations}>
          {(page) => <OperationTable caption={t('dashboard.newest')} operations={page.operations} />}
        </Loaded>
      </Panel>
    </div>
  );
}
