import { listOperations } from '@muster/contracts';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { OperationTable } from '../operations/operation-table';
import { useListState } from '../ui/list-state';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';

/** What was asked of this device; each row leads to its output. */
export function DeviceOperations({ deviceId }: { deviceId: string }) {
  const t = useText();
  const list = useListState();
  const query = { deviceId, page: list.page, size: list.size };
  const operations = useRead(listOperations, { query }, { keepPrevious: true });
  return (
    <Panel
      title={t('operations.title')}
      flush
      actions={<ExportMenu route={listOperations} args={{ query }} size="compact-sm" />}
    >
      <Loaded query={operations}>
        {(page) => (
          <>
            <OperationTable
              caption={t('operations.title')}
              operations={page.operations}
              stale={operations.isPlaceholderData}
              hideDevice
            />
            <Pager list={list} total={page.total} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}
