import { lazy, Suspense } from 'react';
import { Tabs } from '@mantine/core';
import {
  type DeviceDetail,
  listDeviceSoftware,
  listInventoryChanges,
  listLogs,
  listOperations,
  readInventory,
  readSeries,
  type Route,
} from '@muster/contracts';
import { useSearchParams } from 'react-router';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import form from '../ui/form.module.css';
import { known } from '../ui/list-state';
import { LoadingLines } from '../ui/states';
import { DeviceFactsView } from './device-facts-view';
import { DeviceGroups } from './device-groups';
import { DeviceOperations } from './device-operations';
import { DeviceOverview } from './device-overview';
import classes from './devices.module.css';

// Each comes when it is opened: charts are large.
const DeviceMonitoring = lazy(async () => ({
  default: (await import('../monitoring/device-monitoring')).DeviceMonitoring,
}));
const DeviceInventory = lazy(async () => ({
  default: (await import('../inventory/device-inventory')).DeviceInventory,
}));
const DeviceSoftware = lazy(async () => ({ default: (await import('../software/device-software')).DeviceSoftware }));
const DeviceLogs = lazy(async () => ({ default: (await import('../logs/device-logs')).DeviceLogs }));
const DeviceTimeline = lazy(async () => ({ default: (await import('../timeline/device-timeline')).DeviceTimeline }));

const TABS = ['overview', 'monitoring', 'inventory', 'software', 'logs', 'timeline', 'facts', 'operations'] as const;
type Tab = (typeof TABS)[number];
const NEEDS: Partial<Record<Tab, Pick<Route, 'access'>>> = {
  monitoring: readSeries,
  inventory: readInventory,
  software: listDeviceSoftware,
  logs: listLogs,
  timeline: listInventoryChanges,
  operations: listOperations,
};
/** A stretch of time that was looked at stays when one goes from the charts to the log. */
const KEPT = ['from', 'to'];

/** The parts of a device's page; which one is open, and what it shows, is in the address. */
export function DeviceTabs({ device }: { device: DeviceDetail }) {
  const t = useText();
  const may = useMay();
  const [params, setParams] = useSearchParams();
  const tabs = TABS.filter((tab) => {
    const needs = NEEDS[tab];
    return !needs || may(needs);
  });
  const tab = known(tabs, params.get('tab') ?? undefined) ?? 'overview';
  const open = (next: string | null) =>
    setParams(
      (now) => {
        const kept = new URLSearchParams(next && next !== 'overview' ? { tab: next } : {});
        for (const name of KEPT) if (now.has(name)) kept.set(name, now.get(name) ?? '');
        return kept;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List className={classes.tabs} aria-label={t('devices.parts')}>
        {tabs.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {t(`devices.tab.${name}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={tab}>
        <Suspense fallback={<LoadingLines lines={10} />}>
          <OpenTab tab={tab} device={device} />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}

function OpenTab({ tab, device }: { tab: Tab; device: DeviceDetail }) {
  if (tab === 'monitoring') return <DeviceMonitoring device={device} />;
  if (tab === 'inventory') return <DeviceInventory deviceId={device.id} />;
  if (tab === 'software') return <DeviceSoftware deviceId={device.id} />;
  if (tab === 'logs') return <DeviceLogs deviceId={device.id} />;
  if (tab === 'timeline') return <DeviceTimeline deviceId={device.id} />;
  if (tab === 'facts') return <DeviceFactsView facts={device.facts} factsAt={device.factsAt} />;
  if (tab === 'operations') return <DeviceOperations deviceId={device.id} />;
  return (
    <div className={form.stack}>
      <DeviceOverview device={device} />
      <DeviceGroups device={device} />
    </div>
  );
}
