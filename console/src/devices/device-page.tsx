import { type DeviceDetail, readDevice, renameDevice, runProcedure } from '@muster/contracts';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useParams } from 'react-router';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { LinkButton } from '../ui/link-button';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { DeviceHighlights } from './device-highlights';
import { DeviceTabs } from './device-tabs';
import { PresenceStatus } from './presence-status';
import { RenameDevice } from './rename-device';
import { RetireDevice } from './retire-device';
import { UninstallToken } from './uninstall-token';

/** One device: who it is, what is known about it, what was asked of it. */
export function DevicePage() {
  const t = useText();
  const { id = '' } = useParams();
  const device = useRead(readDevice, { params: { id } });
  const parent = { label: t('devices.title'), to: '/devices' };
  if (!device.data || device.error?.code === 'not-found') {
    return (
      <Page title={t('devices.device')} parent={parent}>
        <Panel>
          <Loaded query={device.error ? { ...device, data: undefined } : device} lines={8}>
            {() => null}
          </Loaded>
        </Panel>
      </Page>
    );
  }
  return <KnownDevice key={id} device={device.data} parent={parent} />;
}

function KnownDevice({ device, parent }: { device: DeviceDetail; parent: { label: string; to: string } }) {
  const t = useText();
  const may = useMay();
  return (
    <Page
      title={device.name}
      parent={parent}
      aside={<PresenceStatus presence={device.presence} />}
      description={device.facts.osName}
      actions={
        <>
          {may(runProcedure) && (
            <LinkButton
              to={`/operations/run?device=${device.id}`}
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
            >
              {t('run.title')}
            </LinkButton>
          )}
          {may(renameDevice) && <RenameDevice device={device} />}
          <UninstallToken device={device} />
          <RetireDevice device={device} />
        </>
      }
    >
      {device.inventory && <DeviceHighlights inventory={device.inventory} />}
      <DeviceTabs device={device} />
    </Page>
  );
}
