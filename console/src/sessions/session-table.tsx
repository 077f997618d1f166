import { Button } from '@mantine/core';
import type { SessionSummary } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Empty } from '../ui/states';
import { Status } from '../ui/status';
import { When } from '../ui/when';
import { describeBrowser } from './describe-browser';
import { Plain } from '../ui/plain';

interface SessionTableProps {
  caption: string;
  sessions: readonly SessionSummary[];
  /** Whose session it is. */
  withPerson?: boolean;
  pending: string | undefined;
  onEnd: (session: SessionSummary) => void;
}

export function SessionTable({ caption, sessions, withPerson = false, pending, onEnd }: SessionTableProps) {
  const t = useText();
  const columns: Column<SessionSummary>[] = [
    {
      id: 'browser',
      header: t('sessions.browser'),
      cell: ({ userAgent }) => (
        <span title={userAgent}>{describeBrowser(userAgent) ?? t('sessions.unknownBrowser')}</span>
      ),
    },
    { id: 'person', header: t('users.email'), cell: ({ email }) => <Plain text={email} /> },
    { id: 'address', header: t('sessions.address'), cell: ({ address }) => <span dir="ltr">{address}</span> },
    { id: 'started', header: t('sessions.started'), tight: true, cell: ({ startedAt }) => <When at={startedAt} /> },
    {
      id: 'seen',
      header: t('sessions.lastSeen'),
      tight: true,
      cell: ({ lastSeenAt }) => <When at={lastSeenAt} relative />,
    },
    { id: 'expires', header: t('sessions.expires'), tight: true, cell: ({ expiresAt }) => <When at={expiresAt} /> },
    {
      id: 'end',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      tight: true,
      cell: (session) =>
        session.current ? (
          <Status tone="good">{t('sessions.current')}</Status>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            color="danger"
            loading={pending === session.id}
            onClick={() => onEnd(session)}
          >
            {t('sessions.end')}
            <span className="visually-hidden">
              {' '}
              {session.email} {session.address}
            </span>
          </Button>
        ),
    },
  ];
  return (
    <DataTable
      caption={caption}
      columns={columns.filter(({ id }) => withPerson || id !== 'person')}
      rows={sessions}
      keyOf={({ id }) => id}
      empty={<Empty title={t('sessions.none')} />}
    />
  );
}
