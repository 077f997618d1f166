import { useState } from 'react';
import { Button } from '@mantine/core';
import { createUser, type CreatedUser, listUsers } from '@muster/contracts';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { SecretDialog } from '../ui/secret-dialog';
import { Empty, Loaded } from '../ui/states';
import { CreateUserDialog } from './create-user-dialog';
import { UserTable } from './user-table';

/** Who may sign in, and as what. */
export function UsersPage() {
  const t = useText();
  const may = useMay();
  const users = useRead(listUsers, {});
  const [creating, setCreating] = useState(false);
  const [issued, setIssued] = useState<CreatedUser>();
  return (
    <Page
      title={t('users.title')}
      description={t('users.text')}
      actions={
        <>
          <ExportMenu route={listUsers} args={{}} />
          {may(createUser) && (
            <Button onClick={() => setCreating(true)} leftSection={<IconPlus size={16} aria-hidden />}>
              {t('users.create')}
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
      <CreateUserDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={(user) => {
          setCreating(false);
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
