import { useState } from 'react';
import { Button } from '@mantine/core';
import { type DeadLetter, listDeadLetters } from '@muster/contracts';
import { IconMailCheck } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { DeadLetterDialog } from './dead-letter-dialog';

const PAGE = 50;

/** Events that no service could handle, for a person to replay or discard. */
export function DeadLettersPage() {
  const t = useText();
  const list = useListState();
  const given = list.get('after');
  const after = given && /^\d{1,20}$/.test(given) ? given : undefined;
  const letters = useRead(listDeadLetters, { query: { after, size: PAGE } }, { keepPrevious: true });
  const [shown, setShown] = useState<DeadLetter>();
  const last = letters.data?.deadLetters.length === PAGE ? letters.data.deadLetters.at(-1) : undefined;
  return (
    <Page
      title={t('deadLetters.title')}
      description={t('deadLetters.text')}
      actions={<ExportMenu route={listDeadLetters} args={{}} />}
    >
      <Panel flush title={letters.data && t('deadLetters.count', { total: letters.data.total })}>
        <Loaded query={letters}>
          {({ deadLetters }) => (
            <DataTable
              caption={t('deadLetters.title')}
              columns={columns(t, setShown)}
              rows={deadLetters}
              keyOf={({ id }) => id}
              empty={<Empty icon={<IconMailCheck />} title={t('deadLetters.none')} />}
            />
          )}
        </Loaded>
      </Panel>
      <div className={form.buttons}>
        {after && (
          <Button variant="default" onClick={() => list.set({ after: undefined })}>
            {t('deadLetters.first')}
          </Button>
        )}
        {last && (
          <Button variant="default" onClick={() => list.set({ after: last.id })}>
            {t('deadLetters.next')}
          </Button>
        )}
      </div>
      <DeadLetterDialog letter={shown} onClose={() => setShown(undefined)} />
    </Page>
  );
}

const columns = (t: TextOf, show: (letter: DeadLetter) => void): Column<DeadLetter>[] => [
  { id: 'id', header: t('deadLetters.id'), cell: ({ id }) => id },
  { id: 'service', header: t('deadLetters.service'), cell: ({ service }) => service },
  { id: 'subject', header: t('deadLetters.subject'), cell: ({ subject }) => <code>{subject}</code> },
  { id: 'reason', header: t('deadLetters.reason'), cell: ({ reason }) => t(`deadLetters.reason.${reason}`) },
  { id: 'problem', header: t('deadLetters.problem'), cell: ({ problem }) => problem.slice(0, 120) },
  { id: 'at', header: t('deadLetters.at'), tight: true, cell: ({ at }) => <When at={at} /> },
  {
    id: 'show',
    header: t('table.actions'),
    quiet: true,
    align: 'end',
    cell: (letter) => (
      <Button size="compact-sm" variant="subtle" onClick={() => show(letter)}>
        {t('deadLetters.show')}
        <span className="visually-hidden"> {letter.id}</span>
      </Button>
    ),
  },
];
