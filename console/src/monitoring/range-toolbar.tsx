import type { ReactNode } from 'react';
import { ActionIcon, Button, Switch } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import type { ListState } from '../ui/list-state';
import { panned, type Period, RANGE_NAMES, rangeAddress, zoomed } from './period';
import classes from './monitoring.module.css';

interface RangeToolbarProps {
  period: Period;
  now: number;
  /** Milliseconds since 1970 that the charts point at. */
  moment: () => number | undefined;
  tables: boolean;
  set: ListState['set'];
  children?: ReactNode;
}

/** Ranges that end now; earlier, later, closer, farther; charts or tables. All of it is in the address. */
export function RangeToolbar({ period, now, moment, tables, set, children }: RangeToolbarProps) {
  const t = useText();
  const icons = [
    ['earlier', IconChevronLeft, () => panned(period, -1, now), false],
    ['later', IconChevronRight, () => panned(period, 1, now), period.to >= now],
    ['zoomIn', IconZoomIn, () => zoomed(period, 0.5, moment(), now), false],
    ['zoomOut', IconZoomOut, () => zoomed(period, 2, moment(), now), false],
  ] as const;
  return (
    <div className={classes.toolbar} role="group" aria-label={t('monitoring.toolbar')}>
      <div className={classes.group}>
        {RANGE_NAMES.map((range) => (
          <Button
            key={range}
            size="compact-sm"
            variant={period.range === range ? 'filled' : 'default'}
            aria-pressed={period.range === range}
            onClick={() => set(rangeAddress(range), 'step')}
          >
            {t(`monitoring.range.${range}`)}
          </Button>
        ))}
      </div>
      {/* In the order of time, as the charts. */}
      <div className={classes.group} dir="ltr">
        {icons.map(([name, Icon, address, disabled]) => (
          <ActionIcon
            key={name}
            variant="default"
            aria-label={t(`monitoring.${name}`)}
            title={t(`monitoring.${name}`)}
            disabled={disabled}
            onClick={() => set(address(), 'step')}
          >
            <Icon size={16} aria-hidden />
          </ActionIcon>
        ))}
      </div>
      <Switch
        className={classes.end}
        size="xs"
        label={t('monitoring.tables')}
        checked={tables}
        onChange={(event) => set({ view: event.currentTarget.checked ? 'tables' : undefined })}
      />
      {children}
    </div>
  );
}
