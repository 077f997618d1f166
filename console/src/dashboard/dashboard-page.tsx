import { listMergeQuestions, listOperations, readDashboard, runProcedure } from '@muster/contracts';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { LinkButton } from '../ui/link-button';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { FirstDevice } from './first-device';
import { PresenceSummary } from './presence-summary';
import { RecentOperations } from './recent-operations';
import { StatLink } from './stat-link';
import classes from './dashboard.module.css';

/** What is there, what runs and what needs a person, each with the way to it. */
export function DashboardPage() {
  const t = useText();
  const may = useMay();
  const dashboard = useRead(readDashboard, {});
  return (
    <Page
      title={t('dashboard.title')}
      actions={
        may(runProcedure) && (
          <LinkButton to="/operations/run" leftSection={<IconPlayerPlay size={16} aria-hidden />}>
            {t('run.title')}
          </LinkButton>
        )
      }
    >
      <Loaded query={dashboard} lines={8}>
        {({ devices, operationsRunning, operationsWaiting, operationsFailed, mergeQuestions }) => (
          <>
            {devices.known === 0 && <FirstDevice />}
            <div className={classes.columns}>
              <Panel title={t('dashboard.devices')}>
                <PresenceSummary counts={devices} />
              </Panel>
              <Panel title={t('dashboard.attention')}>
                <div className={classes.stats}>
                  <StatLink
                    to="/devices?attention=true"
                    label={t('dashboard.devicesAttention')}
                    count={devices.attention}
                    tone="warn"
                  />
                  {may(listMergeQuestions) && (
                    <StatLink
                      to="/merge-questions"
                      label={t('mergeQuestions.title')}
                      count={mergeQuestions}
                      tone="warn"
                    />
                  )}
                  {may(listOperations) && (
                    <StatLink
                      to="/operations?state=ERROR"
                      label={t('dashboard.failed')}
                      hint={t('dashboard.lastDay')}
                      count={operationsFailed}
                      tone="bad"
                    />
                  )}
                </div>
              </Panel>
            </div>
            {may(listOperations) && <RecentOperations running={operationsRunning} waiting={operationsWaiting} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
