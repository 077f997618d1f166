import { listDevices, runProcedure, searchSoftware, type SoftwareOnDevice } from '@muster/contracts';
import { IconPackage } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { DeviceName } from '../devices/device-name';
import { ListTools } from '../lists/list-tools';
import { type TextOf, useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { RunOnFound } from './run-on-found';
import { SearchForm } from './search-form';
import { questionOf } from './software-question';

/** Which devices have a product below, above or in a version, compared as the product's platform compares. */
export function SoftwareDevicesPage() {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const question = questionOf(list.get);
  const asked = { ...question, name: question.name ?? '' };
  const query = { ...asked, page: list.page, size: list.size };
  const found = useRead(searchSoftware, { query }, { keepPrevious: true, enabled: asked.name !== '' });
  return (
    <Page
      title={t('software.findDevices')}
      description={t('software.findText')}
      parent={{ label: t('software.title'), to: '/software' }}
      actions={asked.name !== '' && <ListTools list="software/devices" route={searchSoftware} args={{ query }} />}
    >
      <SearchForm key={JSON.stringify(question)} question={question} set={list.set} />
      {asked.name !== '' && (
        <Panel
          flush
          title={found.data && t('software.found', { count: found.data.total })}
          actions={
            found.data &&
            found.data.total > 0 &&
            may(runProcedure) &&
            may(listDevices) && <RunOnFound question={asked} />
          }
        >
          <Loaded query={found} lines={8}>
            {(page) => (
              <>
                <DataTable
                  caption={t('software.findDevices')}
                  columns={columns(t)}
                  rows={page.installations}
                  keyOf={(row) => [row.deviceId, row.source, row.name, row.architecture, row.version].join('\n')}
                  stale={found.isPlaceholderData}
                  empty={<Empty icon={<IconPackage />} title={t('software.noDevice')} />}
                />
                <Pager list={list} total={page.total} />
              </>
            )}
          </Loaded>
        </Panel>
      )}
    </Page>
  );
}

const columns = (t: TextOf): Column<SoftwareOnDevice>[] => [
  {
    id: 'device',
    header: t('devices.device'),
    cell: ({ deviceId, deviceName }) => <DeviceName id={deviceId} name={deviceName} tab="software" />,
  },
  { id: 'name', header: t('software.name'), cell: ({ name }) => <Plain text={name} most={120} /> },
  {
    id: 'version',
    header: t('software.version'),
    tight: true,
    cell: ({ version }) => <Plain text={version} most={40} code />,
  },
  { id: 'source', header: t('software.source'), tight: true, cell: ({ source }) => t(`software.source.${source}`) },
  {
    id: 'architecture',
    header: t('facts.architecture'),
    tight: true,
    cell: ({ architecture }) => (architecture ? <Plain text={architecture} /> : '–'),
  },
  { id: 'since', header: t('software.since'), tight: true, cell: ({ since }) => <When at={since} /> },
];
