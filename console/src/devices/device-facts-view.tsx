import type { DeviceFacts, DiskFacts, NetworkFacts } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { FactList } from '../ui/fact-list';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty } from '../ui/states';
import { When } from '../ui/when';
import { DiskMeter } from './disk-meter';
import { formatBytes, formatUptime } from './units';

const said = (text: string | undefined) => (text ? <Plain text={text} /> : undefined);

/** What the device last told about itself. */
export function DeviceFactsView({ facts, factsAt }: { facts: DeviceFacts; factsAt: string }) {
  const t = useText();
  const intl = useIntl();
  return (
    <>
      <Panel title={t('facts.hardware')} actions={<FactsAge at={factsAt} />}>
        <FactList
          facts={[
            [t('facts.manufacturer'), said(facts.manufacturer)],
            [t('facts.model'), said(facts.model)],
            [t('facts.serialNumber'), said(facts.serialNumber)],
            [t('facts.processor'), said(facts.processor)],
            [t('facts.processorCount'), facts.processorCount],
            [t('facts.memory'), formatBytes(intl, facts.memoryBytes)],
          ]}
        />
      </Panel>
      <Panel title={t('facts.system')}>
        <FactList
          facts={[
            [t('facts.osName'), said(facts.osName)],
            [t('facts.osVersion'), said(facts.osVersion)],
            [t('facts.kernel'), said(facts.kernel)],
            [t('facts.architecture'), said(facts.architecture)],
            [t('facts.uptime'), formatUptime(intl, facts.uptimeSeconds)],
            [t('facts.timeZone'), said(facts.timeZone)],
            [t('devices.user'), said(facts.user)],
            [t('facts.languages'), said(intl.formatList(facts.languages, { type: 'unit' }))],
          ]}
        />
      </Panel>
      <Panel title={t('facts.disks')} flush>
        <DataTable
          caption={t('facts.disks')}
          columns={diskColumns(t, intl)}
          rows={facts.disks}
          keyOf={({ mountPoint }) => mountPoint}
          empty={<Empty title={t('facts.none')} />}
        />
      </Panel>
      <Panel title={t('facts.networks')} flush>
        <DataTable
          caption={t('facts.networks')}
          columns={networkColumns(t)}
          rows={facts.networks}
          keyOf={({ name }) => name}
          empty={<Empty title={t('facts.none')} />}
        />
      </Panel>
    </>
  );
}

function FactsAge({ at }: { at: string }) {
  const t = useText();
  return (
    <span className="dim">
      {t('facts.asOf')} <When at={at} />
    </span>
  );
}

const diskColumns = (t: TextOf, intl: ReturnType<typeof useIntl>): Column<DiskFacts>[] => [
  { id: 'mount', header: t('facts.mountPoint'), cell: ({ mountPoint }) => <Plain text={mountPoint} /> },
  { id: 'type', header: t('facts.fileSystem'), cell: ({ fileSystem }) => <Plain text={fileSystem} /> },
  { id: 'size', header: t('facts.size'), align: 'end', tight: true, cell: (disk) => formatBytes(intl, disk.sizeBytes) },
  { id: 'free', header: t('facts.free'), align: 'end', tight: true, cell: (disk) => formatBytes(intl, disk.freeBytes) },
  { id: 'used', header: t('facts.used'), cell: (disk) => <DiskMeter disk={disk} /> },
];
const networkColumns = (t: TextOf): Column<NetworkFacts>[] => [
  { id: 'name', header: t('facts.interface'), cell: ({ name }) => <Plain text={name} /> },
  { id: 'mac', header: t('facts.mac'), cell: ({ mac }) => <Plain text={mac} code /> },
  {
    id: 'addresses',
    header: t('facts.addresses'),
    cell: ({ addresses }) => <Plain text={addresses.join(', ') || '–'} />,
  },
];
