import { useState } from 'react';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  cancelBatch,
  listOperations,
  type OperationBatch,
  OPERATION_STATES,
  readBatch,
  readOperation,
} from '@muster/contracts';
import { useParams } from 'react-router';
import { useRead, useWrite } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import form from '../ui/form.module.css';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { When } from '../ui/when';
import { BatchProgress } from './batch-progress';
import { BatchTable } from './batch-table';
import { OutputPanel } from './output/output-panel';
import { hasEnded } from './state';
import classes from './operations.module.css';

/** One request over all its devices: progress, each device's state, and the output of the one that is looked at. */
export function BatchPage() {
  const t = useText();
  const { id = '' } = useParams();
  const list = useListState();
  const batch = useRead(readBatch, { params: { id } });
  const state = known(OPERATION_STATES, list.get('state'));
  const operations = useRead(
    listOperations,
    { query: { batchId: id, state, page: list.page, size: list.size } },
    { keepPrevious: true },
  );
  const [chosen, setChosen] = useState<string>();
  const rows = operations.data?.operations ?? [];
  const single = batch.data?.deviceCount === 1;
  const shown = rows.find((operation) => operation.id === (chosen ?? (single ? rows[0]?.id : undefined)));
  return (
    <Page
      title={batch.data?.title ?? t('operations.request')}
      parent={{ label: t('operations.title'), to: '/operations' }}
      description={
        batch.data && t('operations.requestedFor', { by: batch.data.requestedBy, count: batch.data.deviceCount })
      }
      aside={
        batch.data && (
          <span className="dim">
            <When at={batch.data.createdAt} />
          </span>
        )
      }
      actions={batch.data && <CancelBatch batch={batch.data} />}
    >
      <div className={form.stack}>
        <Panel title={t('operations.progress')}>
          <Loaded query={batch}>
            {(data) => <BatchProgress batch={data} state={state} onState={(next) => list.set({ state: next })} />}
          </Loaded>
        </Panel>
        <div className={shown ? classes.split : undefined}>
          <Panel
            title={t('operations.perDevice')}
            flush
            actions={<ExportMenu route={listOperations} args={{ query: { batchId: id, state } }} size="compact-sm" />}
          >
            <Loaded query={operations}>
              {(page) => (
                <>
                  <BatchTable
                    operations={page.operations}
                    chosen={shown?.id}
                    onChoose={setChosen}
                    brief={Boolean(shown)}
                  />
                  <Pager list={list} total={page.total} />
                </>
              )}
            </Loaded>
          </Panel>
          {shown && <OutputPanel key={shown.id} operation={shown} />}
        </div>
      </div>
    </Page>
  );
}

function CancelBatch({ batch }: { batch: OperationBatch }) {
  const t = useText();
  const may = useMay();
  const [opened, { open, close }] = useDisclosure();
  const cancel = useWrite(cancelBatch, [readBatch, listOperations, readOperation]);
  const countOf = (running: boolean) =>
    batch.states
      .filter(({ state }) => !hasEnded(state) && (state === 'IN_PROGRESS') === running)
      .reduce((sum, { count }) => sum + count, 0);
  const running = countOf(true);
  const waiting = countOf(false);
  if (!may(cancelBatch) || running + waiting === 0) return null;
  return (
    <>
      <Button variant="outline" color="danger" onClick={open}>
        {t('operations.cancelRest')}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('operations.cancelRestTitle')}
        confirm={t('operations.cancelCount', { count: running + waiting })}
        dangerous
        pending={cancel.isPending}
        error={cancel.error}
        onClose={close}
        onConfirm={() => cancel.mutate({ params: { id: batch.id }, body: {} }, { onSuccess: close })}
      >
        <p>{t('operations.cancelRestText', { running, waiting })}</p>
      </ConfirmDialog>
    </>
  );
}
