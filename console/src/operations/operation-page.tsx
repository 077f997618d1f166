import { Button } from '@mantine/core';
import { cancelOperation, listOperations, type OperationDetail, readBatch, readOperation } from '@muster/contracts';
import { useDisclosure } from '@mantine/hooks';
import { useParams } from 'react-router';
import { useRead, useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { LinkButton } from '../ui/link-button';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { OperationFacts } from './operation-facts';
import { OutputPanel } from './output/output-panel';
import { hasEnded } from './state';
import { OperationStatus } from './state-status';
import { Transitions } from './transitions';
import classes from './operations.module.css';

/** One operation: its output as it arrives, its history with reasons, what exactly was asked. */
export function OperationPage() {
  const t = useText();
  const { id = '' } = useParams();
  const operation = useRead(readOperation, { params: { id } });
  const parent = { label: t('operations.title'), to: '/operations' };
  if (!operation.data) {
    return (
      <Page title={t('operations.operation')} parent={parent}>
        <Panel>
          <Loaded query={operation} lines={8}>
            {() => null}
          </Loaded>
        </Panel>
      </Page>
    );
  }
  return (
    <Page
      title={t('operations.onDevice', { title: operation.data.title, device: operation.data.deviceName })}
      parent={parent}
      aside={<OperationStatus operation={operation.data} />}
      description={operation.data.reason}
      actions={
        <>
          <LinkButton to={`/operations/batches/${operation.data.batchId}`} variant="default">
            {t('operations.wholeRequest')}
          </LinkButton>
          <CancelOperation operation={operation.data} />
        </>
      }
    >
      <div className={classes.columns}>
        <OutputPanel key={id} operation={operation.data} />
        <div>
          <Panel title={t('operations.history')}>
            <Transitions transitions={operation.data.transitions} />
          </Panel>
          <OperationFacts operation={operation.data} />
        </div>
      </div>
    </Page>
  );
}

function CancelOperation({ operation }: { operation: OperationDetail }) {
  const t = useText();
  const may = useMay();
  const [opened, { open, close }] = useDisclosure();
  const cancel = useWrite(cancelOperation, [readOperation, listOperations, readBatch]);
  if (!may(cancelOperation) || hasEnded(operation.state)) return null;
  const runs = operation.state === 'IN_PROGRESS';
  return (
    <>
      <Button variant="outline" color="danger" onClick={open} disabled={operation.cancelRequested}>
        {t(operation.cancelRequested ? 'operations.cancelling' : 'operations.cancel')}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('operations.cancelTitle')}
        confirm={t('operations.cancel')}
        dangerous
        pending={cancel.isPending}
        error={cancel.error}
        onClose={close}
        onConfirm={() => cancel.mutate({ params: { id: operation.id } }, { onSuccess: close })}
      >
        {t(runs ? 'operations.cancelRunning' : 'operations.cancelWaiting', { device: operation.deviceName })}
      </ConfirmDialog>
    </>
  );
}
