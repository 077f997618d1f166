import type { Operation } from '@muster/contracts';
import { Link } from 'react-router';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Empty } from '../ui/states';
import { When } from '../ui/when';
import { OperationStatus } from './state-status';
import classes from './operations.module.css';

interface BatchTableProps {
  operations: readonly Operation[];
  chosen: string | undefined;
  onChoose: (operationId: string) => void;
  /** The output is beside it: fewer columns. */
  brief: boolean;
}

/** The devices of one request; the name shows its output beside the list. */
export function BatchTable({ operations, chosen, onChoose, brief }: BatchTableProps) {
  const t = useText();
  const columns: Column<Operation>[] = [
    {
      id: 'device',
      header: t('devices.device'),
      cell: ({ id, deviceName }) => (
        <button type="button" className={classes.choose} aria-pressed={id === chosen} onClick={() => onChoose(id)}>
          <span className="visually-hidden">{t('operations.showOutput')}</span> {deviceName}
        </button>
      ),
    },
    { id: 'state', header: t('operations.state'), cell: (operation) => <OperationStatus operation={operation} /> },
    { id: 'reason', header: t('operations.reason'), text: true, cell: ({ reason }) => reason },
    {
      id: 'changed',
      header: t('operations.changed'),
      tight: true,
      cell: ({ changedAt }) => <When at={changedAt} relative />,
    },
    {
      id: 'open',
      header: t('operations.details'),
      quiet: true,
      align: 'end',
      cell: ({ id, deviceName }) => (
        <Link to={`/operations/${id}`} className="link">
          {t('operations.details')}
          <span className="visually-hidden"> {deviceName}</span>
        </Link>
      ),
    },
  ];
  return (
    <DataTable
      caption={t('operations.perDevice')}
      columns={brief ? columns.filter(({ id }) => id !== 'reason' && id !== 'changed') : columns}
      rows={operations}
      keyOf={({ id }) => id}
      empty={<Empty title={t('operations.noneMatch')} />}
    />
  );
}
