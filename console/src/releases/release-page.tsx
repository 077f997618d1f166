import { NativeSelect } from '@mantine/core';
import { DEVICE_RELEASE_STATES, listReleaseDevices, readRelease, type ReleaseDevice } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { Link, useParams } from 'react-router';
import { formatBytes } from '../devices/units';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { FactList } from '../ui/fact-list';
import form from '../ui/form.module.css';
import { known, useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { ReleaseActions } from './release-actions';
import { countsOf, DeviceReleaseMark, movesByItself, ReleaseStateMark } from './release-state';
import { useLiveRead } from './use-live-read';

/** One release: what it is, how its roll-out goes, and what became of it on which device. */
export function ReleasePage() {
  const t = useText();
  const intl = useIntl();
  const { id = '' } = useParams();
  const list = useListState();
  const params = { id };
  const query = { page: list.page, size: list.size, state: known(DEVICE_RELEASE_STATES, list.get('state')) };
  const release = useLiveRead(readRelease, { params }, movesByItself);
  const devices = useLiveRead(
    listReleaseDevices,
    { params, query },
    () => release.data !== undefined && movesByItself(release.data),
    { keepPrevious: true },
  );
  return (
    <Page
      title={t('releases.oneTitle', { version: release.data?.version ?? '' })}
      parent={{ label: t('releases.title'), to: '/releases' }}
      actions={
        <>
          <ExportMenu route={listReleaseDevices} args={{ params, query }} />
          {release.data && <ReleaseActions release={release.data} />}
        </>
      }
    >
      <Loaded query={release} lines={5}>
        {(one) => (
          <div className={form.stack}>
            <Panel>
              <FactList
                facts={[
                  [t('releases.state'), <ReleaseStateMark key="state" state={one.state} />],
                  [t('releases.because'), one.stoppedBecause && <Plain text={one.stoppedBecause} />],
                  [t('releases.platform'), t(`releases.platform.${one.platform}`)],
                  [t('releases.channel'), t(`releases.channel.${one.rollOut.channel}`)],
                  [t('releases.percentage'), intl.formatNumber(one.rollOut.percentage / 100, { style: 'percent' })],
                  [t('releases.progress'), t('releases.counts', countsOf(one))],
                  [t('releases.size'), formatBytes(intl, one.sizeBytes)],
                  [t('releases.digest'), <Plain key="digest" text={one.sha256} code />],
                  [t('releases.createdBy'), one.createdBy],
                ]}
              />
            </Panel>
            <Panel
              title={t('releases.devices')}
              flush
              actions={
                <NativeSelect
                  aria-label={t('releases.state')}
                  value={query.state ?? ''}
                  data={[
                    { value: '', label: t('releases.anyState') },
                    ...DEVICE_RELEASE_STATES.map((value) => ({ value, label: t(`releases.device.${value}`) })),
                  ]}
                  onChange={(event) => list.set({ state: event.currentTarget.value })}
                />
              }
            >
              <Loaded query={devices} lines={6}>
                {(page) => (
                  <>
                    <DataTable
                      caption={t('releases.devices')}
                      columns={columns(t)}
                      rows={page.devices}
                      keyOf={({ deviceId }) => deviceId}
                      stale={devices.isPlaceholderData}
                      empty={<Empty title={t(query.state ? 'lists.noneMatch' : 'releases.noDevices')} />}
                    />
                    <Pager list={list} total={page.total} />
                  </>
                )}
              </Loaded>
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const columns = (t: TextOf): Column<ReleaseDevice>[] => [
  {
    id: 'device',
    header: t('releases.deviceId'),
    tight: true,
    cell: ({ deviceId }) => (
      <Link className="link" to={`/devices/${deviceId}`}>
        {deviceId}
      </Link>
    ),
  },
  { id: 'state', header: t('releases.state'), tight: true, cell: ({ state }) => <DeviceReleaseMark state={state} /> },
  {
    id: 'from',
    header: t('releases.from'),
    tight: true,
    cell: ({ fromVersion }) => <Plain text={fromVersion} most={40} />,
  },
  { id: 'at', header: t('releases.at'), tight: true, cell: ({ at }) => <When at={at} /> },
  { id: 'why', header: t('releases.why'), cell: ({ why }) => (why ? <Plain text={why} most={300} /> : '–') },
];
