import { Button } from '@mantine/core';
import { type DeviceDetail, readSample } from '@muster/contracts';
import { IconChartLine } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import type { ListState } from '../ui/list-state';
import { Panel } from '../ui/panel';
import { Empty, LoadingLines } from '../ui/states';
import { stretchAddress } from './period';

interface NoSamplesProps {
  device: DeviceDetail;
  set: ListState['set'];
  now: number;
}

const HOUR = 3_600_000;

/** Why there is nothing to draw: the device has not sent any sample yet, or none in this time. */
export function NoSamples({ device, set, now }: NoSamplesProps) {
  const t = useText();
  const intl = useIntl();
  const newest = useRead(readSample, { params: { id: device.id } });
  if (newest.isPending) return <LoadingLines lines={3} />;
  const times = { dateStyle: 'medium', timeStyle: 'short' } as const;
  const last = newest.data && Date.parse(newest.data.at);
  return (
    <Panel>
      <Empty
        icon={<IconChartLine />}
        title={t(last === undefined ? 'monitoring.none' : 'monitoring.noneHere')}
        action={
          last !== undefined && (
            <Button variant="default" onClick={() => set(stretchAddress(last - HOUR / 2, last + HOUR / 2, now))}>
              {t('monitoring.toNewest')}
            </Button>
          )
        }
      >
        {last !== undefined
          ? t('monitoring.noneHereText', { at: intl.formatDate(last, times) })
          : device.presence === 'online' || device.presence === 'polling'
            ? t('monitoring.noneSoon', { at: intl.formatDate(device.enrolledAt, times) })
            : t('monitoring.noneAway', {
                at: device.lastContactAt ? intl.formatDate(device.lastContactAt, times) : '–',
              })}
      </Empty>
    </Panel>
  );
}
