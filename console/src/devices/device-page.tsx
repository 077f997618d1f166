import { Tabs } from '@mantine/core';
import { type DeviceDetail, listOperations, readDevice, renameDevice, runProcedure } from '@muster/contracts';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useParams } from 'react-router';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { DeviceFactsView } from './device-facts-view';
import { DeviceGroups } from './device-groups';
import { DeviceOperations } from './device-operations';
import { DeviceOverview } from './device-overview';
import { PresenceStatus } from './presence-status';
import { RenameDevice } from './rename-device';
import { RetireDevice } from './retire-device';
import classes from './devices.module.css';

const TABS = ['overview', 'facts', 'operations'] as const;

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
  const list = useListState();
  const tabs = TABS.filter((tab) => tab !== 'operations' || may(listOperations));
  const tab = known(tabs, list.get('tab')) ?? 'overview';
  const params = { id: device.id };
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
          <RetireDevice device={device} />
        </>
      }
    >
      <Tabs
        value={tab}
        onChange={(next) => list.set({ tab: next === 'overview' ? undefined : (next ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List className={classes.tabs} aria-label={t('devices.parts')}>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`devices.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <div className={form.stack}>
            <DeviceOverview device={device} />
            <DeviceGroups device={device} />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="facts">
          <DeviceFactsView facts={device.facts} factsAt={device.factsAt} />
        </Tabs.Panel>
        <Tabs.Panel value="operations">
          <DeviceOperations deviceId={params.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
