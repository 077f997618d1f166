import { useState } from 'react';
import { ActionIcon, Button } from '@mantine/core';
import { changeGroupMembers, type DeviceDetail, listDevices, listGroups, readDevice } from '@muster/contracts';
import { IconX } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useWrite } from '../api/use-api';
import { GroupSelect } from '../groups/group-select';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Failure } from '../ui/failure';
import { Panel } from '../ui/panel';
import form from '../ui/form.module.css';
import classes from './devices.module.css';

/** The device's groups; adding to and removing from them. */
export function DeviceGroups({ device }: { device: DeviceDetail }) {
  const t = useText();
  const may = useMay();
  const [chosen, setChosen] = useState<string>();
  const change = useWrite(changeGroupMembers, [readDevice, listGroups, listDevices]);
  const remove = (id: string) => change.mutate({ params: { id }, body: { remove: [device.id] } });
  const add = (id: string) =>
    change.mutate({ params: { id }, body: { add: [device.id] } }, { onSuccess: () => setChosen(undefined) });
  return (
    <Panel title={t('groups.title')}>
      {device.groups.length === 0 && <p className={`dim ${classes.none}`}>{t('devices.noGroups')}</p>}
      <ul className={classes.groups}>
        {device.groups.map((group) => (
          <li key={group.id} className={classes.group}>
            <Link to={`/groups/${group.id}`} className="link">
              {group.name}
            </Link>
            {may(changeGroupMembers) && (
              <ActionIcon
                size="xs"
                variant="subtle"
                color="gray"
                aria-label={t('devices.removeFromGroup', { group: group.name })}
                disabled={change.isPending}
                onClick={() => remove(group.id)}
              >
                <IconX size={12} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {may(changeGroupMembers) && may(listGroups) && (
        <form
          className={form.toolbar}
          onSubmit={(event) => {
            event.preventDefault();
            if (chosen) add(chosen);
          }}
        >
          <GroupSelect
            label={t('devices.addToGroup')}
            value={chosen}
            without={device.groups.map(({ id }) => id)}
            onChange={setChosen}
          />
          <Button type="submit" variant="default" disabled={!chosen} loading={change.isPending}>
            {t('app.add')}
          </Button>
        </form>
      )}
      {change.error && <Failure error={change.error} />}
    </Panel>
  );
}
