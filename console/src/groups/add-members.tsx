import { useState } from 'react';
import { Button, MultiSelect } from '@mantine/core';
import { changeGroupMembers, type DeviceSummary, listDevices, listGroups, readDevice } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { clearSelection, useSelection } from '../devices/selection';
import { useDeviceSearch } from '../devices/use-device-search';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Panel } from '../ui/panel';

/** Adds devices: found by name, or those that are chosen in the device list. */
export function AddMembers({ groupId }: { groupId: string }) {
  const t = useText();
  const selection = useSelection();
  const [chosen, setChosen] = useState<DeviceSummary[]>([]);
  const { search, setSearch, found } = useDeviceSearch();
  const change = useWrite(changeGroupMembers, [listDevices, listGroups, readDevice]);
  const offered = new Map([...chosen, ...found].map((device) => [device.id, device]));
  const add = (ids: string[], done: () => void) =>
    change.mutate({ params: { id: groupId }, body: { add: ids } }, { onSuccess: done });
  return (
    <Panel title={t('groups.addMembers')}>
      <form
        className={form.toolbar}
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen.length === 0) return;
          add(
            chosen.map(({ id }) => id),
            () => setChosen([]),
          );
        }}
      >
        <MultiSelect
          label={t('devices.title')}
          placeholder={chosen.length === 0 ? t('devices.search') : undefined}
          searchable
          w={420}
          hidePickedOptions
          nothingFoundMessage={t('devices.noneMatch')}
          // The server has searched already, also in fields that are not shown here.
          filter={({ options }) => options}
          data={[...offered.values()].map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen.map(({ id }) => id)}
          searchValue={search}
          onSearchChange={setSearch}
          onChange={(ids) => setChosen(ids.flatMap((id) => offered.get(id) ?? []))}
        />
        <Button type="submit" disabled={chosen.length === 0} loading={change.isPending}>
          {t('app.add')}
        </Button>
        {selection.size > 0 && (
          <Button
            variant="default"
            loading={change.isPending}
            onClick={() => add([...selection.keys()], clearSelection)}
          >
            {t('groups.addSelection', { count: selection.size })}
          </Button>
        )}
      </form>
      {change.error && <Failure error={change.error} />}
    </Panel>
  );
}
