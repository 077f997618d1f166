import { useState } from 'react';
import { endAnySession, listAllSessions, listOwnSessions, type SessionSummary } from '@muster/contracts';
import { useRead, useWrite } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { SessionTable } from './session-table';

/** Everybody's sessions in the organisation. */
export function AllSessionsPage() {
  const t = useText();
  const sessions = useRead(listAllSessions, {});
  const end = useWrite(endAnySession, [listAllSessions, listOwnSessions]);
  const [chosen, setChosen] = useState<SessionSummary>();
  const close = () => setChosen(undefined);
  return (
    <Page
      title={t('sessions.allTitle')}
      description={t('sessions.allText')}
      actions={<ExportMenu route={listAllSessions} args={{}} />}
    >
      <Panel flush>
        <Loaded query={sessions}>
          {(list) => (
            <SessionTable
              caption={t('sessions.allTitle')}
              sessions={list.sessions}
              withPerson
              pending={end.isPending ? end.variables.params.id : undefined}
              onEnd={setChosen}
            />
          )}
        </Loaded>
      </Panel>
      <ConfirmDialog
        opened={chosen !== undefined}
        title={t('sessions.endTitle')}
        confirm={t('sessions.end')}
        dangerous
        pending={end.isPending}
        error={end.error}
        onClose={close}
        onConfirm={() => chosen && end.mutate({ params: { id: chosen.id } }, { onSuccess: close })}
      >
        {t('sessions.endText', { email: chosen?.email ?? '' })}
      </ConfirmDialog>
    </Page>
  );
}
