import { Button, Combobox, useCombobox } from '@mantine/core';
import { listDevices, readDevice } from '@muster/contracts';
import { IconX } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Plain } from '../ui/plain';
import { DeviceSearchInput } from './device-search-input';
import classes from './devices.module.css';
import { useDeviceSearch } from './use-device-search';

interface DeviceFilterProps {
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A device id from an address that anybody may have typed. */
export const deviceIdOf = (given: string | undefined): string | undefined =>
  given !== undefined && UUID.test(given) ? given : undefined;

/** Narrows a list to one device: found by typing, let go by its button. */
export function DeviceFilter({ value, onChange }: DeviceFilterProps) {
  const may = useMay();
  if (value !== undefined) return <Chosen id={value} onClear={() => onChange(undefined)} />;
  return may(listDevices) ? <Finder onChoose={onChange} /> : null;
}

function Chosen({ id, onClear }: { id: string; onClear: () => void }) {
  const t = useText();
  const may = useMay();
  const device = useRead(readDevice, { params: { id } }, { enabled: may(listDevices) });
  return (
    <Button variant="default" rightSection={<IconX size={14} aria-hidden />} onClick={onClear}>
      <Plain text={t('devices.onlyThis', { name: device.data?.name ?? id.slice(-12) })} most={60} short />
      <span className="visually-hidden"> {t('app.remove')}</span>
    </Button>
  );
}

function Finder({ onChoose }: { onChoose: (id: string) => void }) {
  const t = useText();
  const { search, setSearch, found, query } = useDeviceSearch();
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  return (
    <Combobox store={combobox} onOptionSubmit={onChoose}>
      <DeviceSearchInput
        combobox={combobox}
        search={search}
        onSearch={setSearch}
        ariaLabel={t('devices.device')}
        placeholder={t('devices.anyDevice')}
      />
      <Combobox.Dropdown>
        <Combobox.Options mah={280} className={classes.options} aria-label={t('devices.device')}>
          {found.map((device) => (
            <Combobox.Option key={device.id} value={device.id} className={classes.option}>
              <Plain text={device.name} most={80} short />
            </Combobox.Option>
          ))}
          {query.isSuccess && found.length === 0 && <Combobox.Empty>{t('devices.noneMatch')}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
