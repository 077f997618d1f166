import { Combobox, useCombobox } from '@mantine/core';
import type { DeviceSummary } from '@muster/contracts';
import { IconCheck } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import { DeviceSearchInput } from './device-search-input';
import classes from './devices.module.css';
import { PresenceStatus } from './presence-status';
import { useDeviceSearch } from './use-device-search';

interface DevicePickerProps {
  label: string;
  isChosen: (device: DeviceSummary) => boolean;
  onChoose: (device: DeviceSummary, chosen: boolean) => void;
}

/** Finds devices and chooses any number of them; the list stays open until one leaves it. */
export function DevicePicker({ label, isChosen, onChoose }: DevicePickerProps) {
  const t = useText();
  const { search, setSearch, query, found, total } = useDeviceSearch();
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const submit = (id: string) => {
    const device = found.find((one) => one.id === id);
    if (device) onChoose(device, !isChosen(device));
  };
  return (
    <Combobox store={combobox} onOptionSubmit={submit}>
      <DeviceSearchInput
        combobox={combobox}
        search={search}
        onSearch={setSearch}
        label={label}
        placeholder={t('devices.search')}
        opensOnFocus
      />
      <Combobox.Dropdown>
        <Combobox.Options mah={280} className={classes.options} aria-label={label} aria-multiselectable>
          {found.map((device) => (
            <Combobox.Option
              key={device.id}
              value={device.id}
              active={isChosen(device)}
              aria-selected={isChosen(device)}
              className={classes.option}
            >
              <IconCheck size={15} aria-hidden visibility={isChosen(device) ? undefined : 'hidden'} />
              <span className={classes.optionName}>{device.name}</span>
              <PresenceStatus presence={device.presence} />
            </Combobox.Option>
          ))}
          {query.isSuccess && found.length === 0 && <Combobox.Empty>{t('devices.noneMatch')}</Combobox.Empty>}
        </Combobox.Options>
        {total > found.length && (
          <Combobox.Footer>{t('devices.foundMore', { count: total - found.length })}</Combobox.Footer>
        )}
      </Combobox.Dropdown>
      {query.error && <Failure error={query.error} onRetry={() => void query.refetch()} />}
    </Combobox>
  );
}
