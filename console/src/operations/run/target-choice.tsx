import { ActionIcon, Button } from '@mantine/core';
import { type DeviceDetail, type DeviceSummary, listGroups } from '@muster/contracts';
import type { UseQueryResult } from '@tanstack/react-query';
import { IconDeviceDesktop, IconX } from '@tabler/icons-react';
import type { ApiError } from '../../api/api-error';
import { useRead } from '../../api/use-api';
import { PresenceStatus } from '../../devices/presence-status';
import { clearSelection, setSelected, useSelection } from '../../devices/selection';
import { GroupSelect } from '../../groups/group-select';
import { useText } from '../../messages/use-text';
import { useMay } from '../../session/session-context';
import { Failure } from '../../ui/failure';
import { LinkButton } from '../../ui/link-button';
import { Panel } from '../../ui/panel';
import { Empty } from '../../ui/states';
import type { Targets } from './use-targets';
import classes from './run.module.css';

interface TargetChoiceProps {
  targets: Targets;
  groupIds: readonly string[];
  onGroups: (groupIds: string[]) => void;
  /** The one device that the page was opened for, in place of the selection of the list. */
  fixed?: { query: UseQueryResult<DeviceDetail, ApiError>; included: boolean; onInclude: (included: boolean) => void };
}

/** The devices and groups that it will run on. */
export function TargetChoice({ targets, groupIds, onGroups, fixed }: TargetChoiceProps) {
  const t = useText();
  const may = useMay();
  const selection = useSelection();
  const groups = useRead(listGroups, { query: { size: 200 } }, { enabled: may(listGroups) && groupIds.length > 0 });
  const devices: DeviceSummary[] = fixed
    ? fixed.included && fixed.query.data
      ? [fixed.query.data]
      : []
    : [...selection.values()];
  const remove = (device: DeviceSummary) => (fixed ? fixed.onInclude(false) : setSelected([device], false));
  const shown = devices.slice(0, 100);
  return (
    <Panel
      title={t('run.where')}
      actions={
        !fixed &&
        devices.length > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={clearSelection}>
            {t('devices.clearSelection')}
          </Button>
        )
      }
    >
      {fixed?.query.error && <Failure error={fixed.query.error} />}
      {targets.error && <Failure error={targets.error} onRetry={targets.retry} />}
      {devices.length === 0 && groupIds.length === 0 && (
        <Empty
          icon={<IconDeviceDesktop />}
          title={t('run.noTargets')}
          action={
            <LinkButton to="/devices" variant="default">
              {t('run.chooseDevices')}
            </LinkButton>
          }
        >
          {t('run.noTargetsText')}
        </Empty>
      )}
      <ul className={classes.targets} aria-label={t('devices.title')}>
        {shown.map((device) => (
          <li key={device.id}>
            <span className={classes.targetName}>{device.name}</span>
            <PresenceStatus presence={device.presence} />
            <Remove label={t('run.remove', { name: device.name })} onRemove={() => remove(device)} />
          </li>
        ))}
      </ul>
      {devices.length > shown.length && (
        <p className="dim">{t('run.more', { count: devices.length - shown.length })}</p>
      )}
      {groupIds.length > 0 && (
        <ul className={classes.targets} aria-label={t('groups.title')}>
          {groupIds.map((id) => {
            const group = groups.data?.groups.find((one) => one.id === id);
            const name = group?.name ?? id;
            return (
              <li key={id}>
                <span className={classes.targetName}>{t('run.group', { name })}</span>
                {group && <span className="dim">{t('groups.deviceCount', { count: group.deviceCount })}</span>}
                <Remove
                  label={t('run.remove', { name })}
                  onRemove={() => onGroups(groupIds.filter((one) => one !== id))}
                />
              </li>
            );
          })}
        </ul>
      )}
      {may(listGroups) && (
        <GroupSelect
          key={groupIds.length}
          label={t('run.addGroup')}
          value={undefined}
          without={groupIds}
          onChange={(id) => id && onGroups([...groupIds, id])}
        />
      )}
    </Panel>
  );
}

function Remove({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={onRemove}>
      <IconX size={14} aria-hidden />
    </ActionIcon>
  );
}
