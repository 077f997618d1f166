import type { DeviceSummary } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { When } from '../ui/when';

/** A connected device is in contact now, however long ago it last had something to ask or to report. */
export function LastContact({ device }: { device: Pick<DeviceSummary, 'presence' | 'lastContactAt'> }) {
  const t = useText();
  if (device.presence === 'online') return <>{t('devices.connectedNow')}</>;
  return <When at={device.lastContactAt} relative />;
}
