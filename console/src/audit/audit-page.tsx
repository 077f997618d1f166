import { lazy, Suspense } from 'react';
import { Tabs } from '@mantine/core';
import { listAudit } from '@muster/contracts';
import { useSearchParams } from 'react-router';
import { ListTools } from '../lists/list-tools';
import { useText } from '../messages/use-text';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { LoadingLines } from '../ui/states';
import { AuditEntries } from './audit-entries';
import { auditQueryOf } from './audit-query';
import classes from './audit.module.css';

const VerifyPanel = lazy(async () => ({ default: (await import('./verify/verify-panel')).VerifyPanel }));
const ForwardingPanel = lazy(async () => ({ default: (await import('./forwarding-panel')).ForwardingPanel }));
const TABS = ['entries', 'verify', 'forwarding'] as const;

/** Who did what; whether that record is as it was written; where it goes. */
export function AuditPage() {
  const t = useText();
  const list = useListState();
  const [, setParams] = useSearchParams();
  const tab = known(TABS, list.get('tab')) ?? 'entries';
  return (
    <Page
      title={t('audit.title')}
      description={t('audit.text')}
      actions={
        tab === 'entries' && <ListTools list="audit" route={listAudit} args={{ query: auditQueryOf(list.get) }} />
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => setParams(next && next !== 'entries' ? { tab: next } : {}, { replace: true })}
      >
        <Tabs.List className={classes.tabs} aria-label={t('audit.parts')}>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`audit.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <Suspense fallback={<LoadingLines lines={6} />}>
            {tab === 'entries' && <AuditEntries />}
            {tab === 'verify' && <VerifyPanel />}
            {tab === 'forwarding' && <ForwardingPanel />}
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
