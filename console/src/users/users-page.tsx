import { useState } from 'react';
import { Button } from '@mantine/core';
import {
  createInvitation,
  type CreatedInvitation,
  createUser,
  type CreatedUser,
  listInvitations,
  listUsers,
} from '@muster/contracts';
import { IconMail, IconPlus, IconUsers } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { SecretDialog } from '../ui/secret-dialog';
import { Empty, Loaded } from '../ui/states';
import { useNotify } from '../ui/use-notify';
import { CreateUserDialog } from './create-user-dialog';
import { InvitationsPanel } from './invitations-panel';
import { InvitedDialog } from './invited-dialog';
import { InviteDialog } from './invite-dialog';
import { UserTable } from './user-table';

/** Who may sign in, and as what. */
export function UsersPage() {
  const t = useText();
  const may = useMay();
  const users = useRead(listUsers, {});
  const notify = useNotify();
  const [opened, setOpened] = useState<'create' | 'invite'>();
  const [issued, setIssued] = useState<CreatedUser>();
  const [invited, setInvited] = useState<CreatedInvitation>();
  const close = () => setOpened(undefined);
  const told = (invitation: CreatedInvitation) => {
    if (invitation.link) setInvited(invitation);
    else notify(t('invitations.queued', { email: invitation.email }));
  };
  return (
    <Page
      title={t('users.title')}
      description={t('users.text')}
      actions={
        <>
          <ExportMenu route={listUsers} args={{}} />
          {may(createUser) && (
            <Button
              variant="default"
              onClick={() => setOpened('create')}
              leftSection={<IconPlus size={16} aria-hidden />}
            >
              {t('users.create')}
            </Button>
          )}
          {may(createInvitation) && (
            <Button onClick={() => setOpened('invite')} leftSection={<IconMail size={16} aria-hidden />}>
              {t('invitations.create')}
            </Button>
          )}
        </>
      }
    >
      <Panel flush>
        <Loaded query={users}>
          {(list) => (
            <UserTable
              users={list.users}
              onPassword={setIssued}
              empty={<Empty icon={<IconUsers />} title={t('users.none')} />}
            />
          )}
        </Loaded>
      </Panel>
      {may(listInvitations) && <InvitationsPanel onInvited={told} />}
      <InviteDialog
        opened={opened === 'invite'}
        onClose={close}
        onInvited={(invitation) => {
          close();
          told(invitation);
        }}
      />
      <InvitedDialog invited={invited} onClose={() => setInvited(undefined)} />
      <CreateUserDialog
        opened={opened === 'create'}
        onClose={close}
        onCreated={(user) => {
          close();
          setIssued(user);
        }}
      />
      <SecretDialog
        secret={issued?.oneTimePassword}
        title={t('users.passwordTitle', { email: issued?.email ?? '' })}
        label={t('users.oneTimePassword')}
        onClose={() => setIssued(undefined)}
      >
        {t('users.passwordText')}
      </SecretDialog>
    </Page>
  );
}
