import { Button } from '@mantine/core';
import {
  type EmailMessage,
  type EmailState,
  listEmailMessages,
  readEmailSettings,
  retryEmails,
} from '@muster/contracts';
import { useRead, useWrite } from '../api/use-api';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Failure } from '../ui/failure';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Loaded } from '../ui/states';
import { Status } from '../ui/status';
import { When } from '../ui/when';

/** Messages that the mail server has not taken yet, and those that were given up. */
export function EmailQueuePanel({ state }: { state: EmailState }) {
  const t = useText();
  const messages = useRead(listEmailMessages, {});
  const retry = useWrite(retryEmails, [listEmailMessages, readEmailSettings]);
  return (
    <Panel
      flush
      title={t('email.queue', { waiting: state.waiting, givenUp: state.givenUp })}
      actions={
        <Button size="xs" variant="default" loading={retry.isPending} onClick={() => retry.mutate({})}>
          {t('email.retry')}
        </Button>
      }
    >
      {retry.error && <Failure error={retry.error} />}
      <Loaded query={messages}>
        {(list) => (
          <DataTable
            caption={t('email.queueCaption')}
            columns={columns(t)}
            rows={list.messages}
            keyOf={({ id }) => id}
            empty={null}
          />
        )}
      </Loaded>
    </Panel>
  );
}

const columns = (t: TextOf): Column<EmailMessage>[] => [
  { id: 'recipient', header: t('email.recipient'), cell: ({ recipient }) => <Plain text={recipient} /> },
  { id: 'kind', header: t('email.kind'), tight: true, cell: ({ kind }) => t(`email.kind.${kind}`) },
  {
    id: 'state',
    header: t('users.state'),
    tight: true,
    cell: ({ state }) => (
      <Status tone={state === 'waiting' ? 'busy' : 'bad'} mark={state === 'waiting' ? 'ring' : 'full'}>
        {t(`email.state.${state}`)}
      </Status>
    ),
  },
  { id: 'attempts', header: t('email.attempts'), tight: true, cell: ({ attempts }) => attempts },
  {
    id: 'next',
    header: t('email.next'),
    tight: true,
    cell: ({ nextAt }) => (nextAt ? <When at={nextAt} relative /> : '–'),
  },
  { id: 'reply', header: t('email.reply'), cell: ({ reply }) => (reply ? <Plain text={reply} code /> : '–') },
];
