import { ActionIcon, Button } from '@mantine/core';
import { type DeviceSummary, listGroups } from '@muster/contracts';
import { IconDeviceDesktop, IconX } from '@tabler/icons-react';
import { useRead } from '../../api/use-api';
import { DevicePicker } from '../../devices/device-picker';
import { PresenceStatus } from '../../devices/presence-status';
import { GroupSelect } from '../../groups/group-select';
import { useText } from '../../messages/use-text';
import { useMay } from '../../session/session-context';
import { Failure } from '../../ui/failure';
import form from '../../ui/form.module.css';
import { Panel } from '../../ui/panel';
import { Empty } from '../../ui/states';
import type { ChosenDevices } from './use-chosen-devices';
import type { Targets } from './use-targets';
import classes from './run.module.css';

const SHOWN = 100;

interface TargetChoiceProps {
  chosen: ChosenDevices;
  targets: Targets;
  groupIds: readonly string[];
  onGroups: (groupIds: string[]) => void;
}

/** The devices and groups that it will run on. */
export function TargetChoice({ chosen, targets, groupIds, onGroups }: TargetChoiceProps) {
  const t = useText();
  const may = useMay();
  const { devices, choose, clear, error } = chosen;
  const ids = new Set(devices.map(({ id }) => id));
  return (
    <Panel
      title={t('run.where')}
      actions={
        devices.length > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={clear}>
            {t('devices.clearSelection')}
          </Button>
        )
      }
    >
      {error && <Failure error={error} />}
      {targets.error && <Failure error={targets.error} onRetry={targets.retry} />}
      {devices.length === 0 && groupIds.length === 0 && (
        <Empty icon={<IconDeviceDesktop />} title={t('run.noTargets')}>
          {t('run.noTargetsText')}
        </Empty>
      )}
      <DeviceTargets devices={devices} onRemove={(device) => choose(device, false)} />
      <GroupTargets groupIds={groupIds} onRemove={(id) => onGroups(groupIds.filter((one) => one !== id))} />
      <div className={form.form}>
        <DevicePicker label={t('run.addDevices')} isChosen={({ id }) => ids.has(id)} onChoose={choose} />
        {may(listGroups) && (
          <GroupSelect
            key={groupIds.length}
            label={t('run.addGroup')}
            value={undefined}
            without={groupIds}
            onChange={(id) => id && onGroups([...groupIds, id])}
          />
        )}
      </div>
    </Panel>
  );
}

interface DeviceTargetsProps {
  devices: readonly DeviceSummary[];
  onRemove: (device: DeviceSummary) => void;
}

function DeviceTargets({ devices, onRemove }: DeviceTargetsProps) {
  const t = useText();
  if (devices.length === 0) return null;
  return (
    <>
      <ul className={classes.targets} aria-label={t('devices.title')}>
        {devices.slice(0, SHOWN).map((device) => (
          <li key={device.id}>
            <span className={classes.targetName}>{device.name}</span>
            <PresenceStatus presence={device.presence} />
            <Remove label={t('run.remove', { name: device.name })} onRemove={() => onRemove(device)} />
          </li>
        ))}
      </ul>
      {devices.length > SHOWN && <p className="dim">{t('run.more', { count: devices.length - SHOWN })}</p>}
    </>
  );
}

function GroupTargets({ groupIds, onRemove }: { groupIds: readonly string[]; onRemove: (id: string) => void }) {
  const t = useText();
  const may = useMay();
  const groups = useRead(listGroups, { query: { size: 200 } }, { enabled: may(listGroups) && groupIds.length > 0 });
  if (groupIds.length === 0) return null;
  return (
    <ul className={classes.targets} aria-label={t('groups.title')}>
      {groupIds.map((id) => {
        const group = groups.data?.groups.find((one) => one.id === id);
        const name = group?.name ?? id;
        return (
          <li key={id}>
            <span className={classes.targetName}>{t('run.group', { name })}</span>
            {group && <span className="dim">{t('groups.deviceCount', { count: group.deviceCount })}</span>}
            <Remove label={t('run.remove', { name })} onRemove={() => onRemove(id)} />
          </li>
        );
      })}
    </ul>
  );
}

function Remove({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={onRemove}>
      <IconX size={14} aria-hidden />
    </ActionIcon>
  );
}
