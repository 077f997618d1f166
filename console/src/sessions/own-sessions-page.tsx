import { endOwnSession, listAllSessions, listOwnSessions } from '@muster/contracts';
import { useRead, useWrite } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { SessionTable } from './session-table';

/** Where the signed-in person is signed in. */
export function OwnSessionsPage() {
  const t = useText();
  const sessions = useRead(listOwnSessions, {});
  const end = useWrite(endOwnSession, [listOwnSessions, listAllSessions]);
  return (
    <Page
      title={t('sessions.title')}
      description={t('sessions.text')}
      actions={<ExportMenu route={listOwnSessions} args={{}} />}
    >
      {end.error && <Failure error={end.error} />}
      <Panel flush>
        <Loaded query={sessions}>
          {(list) => (
            <SessionTable
              caption={t('sessions.title')}
              sessions={list.sessions}
              pending={end.isPending ? end.variables.params.id : undefined}
              onEnd={({ id }) => end.mutate({ params: { id } })}
            />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
