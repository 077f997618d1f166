import { Button, Checkbox, Popover } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { type DeviceColumn, columnsText, columnTitle, DEVICE_COLUMNS } from './device-columns';
import classes from './devices.module.css';

interface ColumnChooserProps {
  columns: readonly DeviceColumn[];
  onChange: (text: string | undefined) => void;
}

/** Which columns the device list has: in the address, so that a saved filter keeps them too. */
export function ColumnChooser({ columns, onChange }: ColumnChooserProps) {
  const t = useText();
  const toggle = (column: DeviceColumn) =>
    onChange(columnsText(columns.includes(column) ? columns.filter((one) => one !== column) : [...columns, column]));
  return (
    <Popover withinPortal={false} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={15} aria-hidden />}>
          {t('devices.columns')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('devices.columns')}>
        <div className={classes.columns}>
          {DEVICE_COLUMNS.map((column) => (
            <Checkbox
              key={column}
              size="xs"
              label={columnTitle(t, column)}
              checked={columns.includes(column)}
              disabled={columns.length === 1 && columns.includes(column)}
              onChange={() => toggle(column)}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
