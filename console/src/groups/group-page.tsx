import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { changeGroupMembers, type Group, listDevices, listGroups, runProcedure, updateGroup } from '@muster/contracts';
import { IconDeviceDesktop, IconPlayerPlay } from '@tabler/icons-react';
import { useParams } from 'react-router';
import { useRead, useWrite } from '../api/use-api';
import { DeviceTable } from '../devices/device-table';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Failure } from '../ui/failure';
import { LinkButton } from '../ui/link-button';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { AddMembers } from './add-members';
import { DeleteGroup } from './delete-group';
import { GroupDialog } from './group-dialog';
import { useGroup } from './use-group';
import { harmless } from '../ui/harmless';

/** One group and its members. */
export function GroupPage() {
  const t = useText();
  const { id = '' } = useParams();
  const group = useGroup(id);
  if (group.data) return <KnownGroup key={id} group={group.data} />;
  return (
    <Page title={t('groups.group')} parent={{ label: t('groups.title'), to: '/groups' }}>
      <Panel>
        <Loaded query={group}>{() => null}</Loaded>
      </Panel>
    </Page>
  );
}

function KnownGroup({ group }: { group: Group }) {
  const t = useText();
  const may = useMay();
  const [opened, { open, close }] = useDisclosure();
  return (
    <Page
      title={harmless(group.name)}
      parent={{ label: t('groups.title'), to: '/groups' }}
      aside={<span className="dim">{t('groups.deviceCount', { count: group.deviceCount })}</span>}
      description={harmless(group.description)}
      actions={
        <>
          {may(runProcedure) && group.deviceCount > 0 && (
            <LinkButton to={`/operations/run?group=${group.id}`} leftSection={<IconPlayerPlay size={16} aria-hidden />}>
              {t('run.title')}
            </LinkButton>
          )}
          {may(updateGroup) && (
            <Button variant="default" onClick={open}>
              {t('app.edit')}
            </Button>
          )}
          <DeleteGroup group={group} />
        </>
      }
    >
      {may(changeGroupMembers) && may(listDevices) && <AddMembers groupId={group.id} />}
      {may(listDevices) && <Members groupId={group.id} />}
      <GroupDialog group={group} opened={opened} onClose={close} />
    </Page>
  );
}

function Members({ groupId }: { groupId: string }) {
  const t = useText();
  const may = useMay();
  const list = useListState();
  const change = useWrite(changeGroupMembers, [listDevices, listGroups]);
  const query = { groupId, page: list.page, size: list.size };
  const devices = useRead(listDevices, { query }, { keepPrevious: true });
  const remove = (deviceId: string) => change.mutate({ params: { id: groupId }, body: { remove: [deviceId] } });
  return (
    <Panel
      title={t('groups.members')}
      flush
      actions={<ExportMenu route={listDevices} args={{ query: { groupId } }} size="compact-sm" />}
    >
      {change.error && <Failure error={change.error} />}
      <Loaded query={devices}>
        {(page) => (
          <>
            <DeviceTable
              devices={page.devices}
              stale={devices.isPlaceholderData}
              empty={<Empty icon={<IconDeviceDesktop />} title={t('groups.empty')} />}
              extra={
                may(changeGroupMembers)
                  ? [
                      {
                        id: 'remove',
                        header: t('app.remove'),
                        quiet: true,
                        align: 'end',
                        cell: ({ id, name }) => (
                          <Button size="compact-xs" variant="subtle" color="danger" onClick={() => remove(id)}>
                            {t('app.remove')}
                            <span className="visually-hidden"> {name}</span>
                          </Button>
                        ),
                      },
                    ]
                  : []
              }
            />
            <Pager list={list} total={page.total} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}
