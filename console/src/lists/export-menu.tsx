import { Button, Menu } from '@mantine/core';
import type { Route } from '@muster/contracts';
import { IconChevronDown, IconDownload } from '@tabler/icons-react';
import type { CallArgs } from '../api/client';
import { useText } from '../messages/use-text';
import { EXPORT_FORMATS, exportAddress } from './export-address';

interface ExportMenuProps<C extends Route> {
  /** A route with `list`. */
  route: C;
  args: CallArgs<C>;
  size?: 'sm' | 'compact-sm';
}

/** Saves every row of a list that matches the present filters, as a download of the browser's. */
export function ExportMenu<C extends Route>({ route, args, size = 'sm' }: ExportMenuProps<C>) {
  const t = useText();
  return (
    <Menu>
      <Menu.Target>
        <Button
          size={size}
          variant="default"
          leftSection={<IconDownload size={15} aria-hidden />}
          rightSection={<IconChevronDown size={13} aria-hidden />}
        >
          {t('lists.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {EXPORT_FORMATS.map((format) => (
          <Menu.Item key={format} component="a" href={exportAddress(route, args, format)} download>
            {t(`lists.export.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
