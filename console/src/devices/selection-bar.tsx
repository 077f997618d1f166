import { Button } from '@mantine/core';
import { type DeviceQuery, listDevices } from '@muster/contracts';
import { useMutation } from '@tanstack/react-query';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import { LinkButton } from '../ui/link-button';
import { readAllDevices } from './read-all-devices';
import { clearSelection, SELECTION_LIMIT, setSelected, useSelection } from './selection';
import classes from './devices.module.css';

/** What to do with the chosen devices, over all pages. */
export function SelectionBar({ query, total }: { query: DeviceQuery; total: number }) {
  const t = useText();
  const selected = useSelection();
  const everything = useMutation<void, ApiError>({
    mutationKey: [listDevices.path, 'all'],
    mutationFn: async () => setSelected((await readAllDevices(query, SELECTION_LIMIT)).devices, true),
  });
  if (selected.size === 0) return null;
  const reachable = Math.min(total, SELECTION_LIMIT);
  return (
    <div className={classes.selection}>
      <p className={classes.selectionCount} role="status">
        {t('devices.selected', { count: selected.size })}
      </p>
      {selected.size < reachable && (
        <Button size="compact-sm" variant="subtle" loading={everything.isPending} onClick={() => everything.mutate()}>
          {t('devices.selectAll', { count: reachable })}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={clearSelection}>
        {t('devices.clearSelection')}
      </Button>
      <LinkButton to="/operations/run" size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden />}>
        {t('run.title')}
      </LinkButton>
      {everything.error && <Failure error={everything.error} />}
    </div>
  );
}
