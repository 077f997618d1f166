import { useState } from 'react';
import { Button } from '@mantine/core';
import { type AuditEntry, listAudit } from '@muster/contracts';
import { IconShieldCheck } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useCursorList } from '../api/use-cursor-list';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { useListState } from '../ui/list-state';
import { LoadOlder } from '../ui/load-older';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { AuditAction } from './audit-action';
import { AuditEntryDialog } from './audit-entry-dialog';
import { AuditFilters } from './audit-filters';
import { AuditOutcome } from './audit-outcome';
import { auditQueryOf, NO_FILTERS } from './audit-query';

/** Who did what, newest first. */
export function AuditEntries() {
  const t = useText();
  const list = useListState();
  const query = auditQueryOf(list.get);
  const entries = useCursorList(listAudit, query);
  const [shown, setShown] = useState<AuditEntry>();
  const filtered = Object.values(query).some((value) => value !== undefined);
  return (
    <>
      <AuditFilters list={list} query={query} />
      <Panel flush>
        <Loaded query={entries} lines={12}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.entries);
            return (
              <>
                <DataTable
                  caption={t('audit.title')}
                  columns={columns(t, setShown)}
                  rows={rows}
                  keyOf={({ number }) => String(number)}
                  stale={entries.isPlaceholderData}
                  empty={
                    <Empty
                      icon={<IconShieldCheck />}
                      title={t(filtered ? 'lists.noneMatch' : 'audit.none')}
                      action={
                        filtered && (
                          <Button variant="default" onClick={() => list.set(NO_FILTERS)}>
                            {t('lists.resetFilters')}
                          </Button>
                        )
                      }
                    />
                  }
                />
                <LoadOlder query={entries} count={rows.length} />
              </>
            );
          }}
        </Loaded>
      </Panel>
      <AuditEntryDialog
        entry={shown}
        onClose={() => setShown(undefined)}
        onFilter={(patch) => {
          setShown(undefined);
          list.set({ ...NO_FILTERS, ...patch });
        }}
      />
    </>
  );
}

const columns = (t: TextOf, show: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  { id: 'at', header: t('audit.at'), tight: true, cell: ({ at }) => <When at={at} seconds /> },
  {
    id: 'actor',
    header: t('audit.actor'),
    cell: ({ actor }) => <Plain text={actor.name || t(`audit.actor.${actor.kind}`)} most={80} />,
  },
  { id: 'action', header: t('audit.action'), cell: ({ action }) => <AuditAction action={action} /> },
  {
    id: 'target',
    header: t('audit.target'),
    cell: ({ target }) => <Target target={target} />,
  },
  { id: 'outcome', header: t('audit.outcome'), tight: true, cell: ({ outcome }) => <AuditOutcome outcome={outcome} /> },
  {
    id: 'address',
    header: t('audit.address'),
    tight: true,
    cell: ({ actor }) => (actor.address ? <Plain text={actor.address} /> : '–'),
  },
  { id: 'number', header: t('audit.number'), align: 'end', cell: ({ number }) => t('table.number', { value: number }) },
  {
    id: 'show',
    header: t('table.actions'),
    quiet: true,
    align: 'end',
    cell: (entry) => (
      <Button size="compact-sm" variant="subtle" onClick={() => show(entry)}>
        {t('operations.details')}
        <span className="visually-hidden"> {entry.number}</span>
      </Button>
    ),
  },
];

/** Its name. Of what has none here, an operation is a click away; that somebody signed in says all of a session. */
function Target({ target }: Pick<AuditEntry, 'target'>) {
  const t = useText();
  const nameless = target?.name === undefined;
  if (!target || (nameless && target.kind === 'session')) return <span className="dim">–</span>;
  if (nameless && target.kind === 'operation' && target.id !== undefined) {
    return (
      <Link className="link" to={`/operations/${target.id}`}>
        {t('operations.operation')}
      </Link>
    );
  }
  return <Plain text={target.name ?? target.id ?? target.kind} most={80} />;
}
