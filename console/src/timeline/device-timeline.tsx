import type { ReactNode } from 'react';
import { NativeSelect } from '@mantine/core';
import { listAudit, listInventoryChanges, listOperations } from '@muster/contracts';
import { IconClipboardList, IconListCheck, IconShieldCheck, IconTimeline } from '@tabler/icons-react';
import { Link } from 'react-router';
import { AuditOutcome } from '../audit/audit-outcome';
import { AuditText } from '../audit/audit-text';
import { ChangeKind, ChangeText } from '../changes/change-text';
import { useText } from '../messages/use-text';
import { OperationStatus } from '../operations/state-status';
import { useMay } from '../session/session-context';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { known, useListState } from '../ui/list-state';
import { LoadOlder } from '../ui/load-older';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, LoadingLines } from '../ui/states';
import { When } from '../ui/when';
import { TIMELINE_KINDS, type TimelineKind, type TimelineRow, useTimeline } from './use-timeline';
import classes from './timeline.module.css';

const ICONS = { operation: IconListCheck, change: IconClipboardList, audit: IconShieldCheck };
const NEEDS = { operation: listOperations, change: listInventoryChanges, audit: listAudit };

/** What happened to a device: what was asked of it, what changed on it, who did what to it. */
export function DeviceTimeline({ deviceId }: { deviceId: string }) {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const kinds = TIMELINE_KINDS.filter((kind) => may(NEEDS[kind]));
  const only = known(kinds, list.get('kind'));
  const { rows, loading, errors, older } = useTimeline(deviceId, only);
  return (
    <>
      <div className={form.toolbar} role="search" aria-label={t('timeline.filters')}>
        <NativeSelect
          aria-label={t('timeline.kind')}
          value={only ?? ''}
          data={[
            { value: '', label: t('timeline.anyKind') },
            ...kinds.map((kind) => ({ value: kind, label: t(`timeline.kind.${kind}`) })),
          ]}
          onChange={(event) => list.set({ kind: event.currentTarget.value })}
        />
      </div>
      <Panel flush>
        {errors.map(({ error, retry }) => (
          <Failure key={`${error.code} ${error.details.correlationId ?? ''}`} error={error} onRetry={retry} />
        ))}
        {loading && rows.length === 0 && <LoadingLines lines={8} />}
        {!loading && errors.length === 0 && rows.length === 0 && (
          <Empty icon={<IconTimeline />} title={t('timeline.none')} />
        )}
        <ol className={classes.list} aria-label={t('devices.tab.timeline')}>
          {rows.map((row) => (
            <li key={`${row.kind} ${row.id}`}>
              <RowFrame kind={row.kind} at={row.at}>
                <RowText row={row} />
              </RowFrame>
            </li>
          ))}
        </ol>
        <LoadOlder query={older} count={rows.length} />
      </Panel>
    </>
  );
}

function RowFrame({ kind, at, children }: { kind: TimelineKind; at: string; children: ReactNode }) {
  const t = useText();
  const Icon = ICONS[kind];
  return (
    <div className={classes.row}>
      <span className={classes.kind} title={t(`timeline.kind.${kind}`)}>
        <Icon size={16} aria-hidden />
        <span className="visually-hidden">{t(`timeline.kind.${kind}`)}</span>
      </span>
      <span className={classes.time}>
        <When at={at} />
      </span>
      <div className={classes.what}>{children}</div>
    </div>
  );
}

function RowText({ row }: { row: TimelineRow }) {
  const t = useText();
  if (row.kind === 'change') {
    return (
      <>
        <span className={classes.head}>
          <ChangeKind change={row.change.change} />
          <span className="dim">{t(`inventory.section.${row.change.section}`)}</span>
        </span>
        <ChangeText change={row.change} />
      </>
    );
  }
  if (row.kind === 'audit') {
    return (
      <>
        <span className={classes.head}>
          <AuditOutcome outcome={row.entry.outcome} />
        </span>
        <AuditText entry={row.entry} />
      </>
    );
  }
  return (
    <>
      <span className={classes.head}>
        <OperationStatus operation={row.operation} />
        <span className="dim">{t('timeline.by', { by: row.operation.requestedBy })}</span>
      </span>
      <Link className="link" to={`/operations/${row.operation.id}`}>
        <Plain text={row.operation.title} most={120} short />
      </Link>
    </>
  );
}
