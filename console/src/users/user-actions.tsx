import { useState } from 'react';
import { ActionIcon, Menu } from '@mantine/core';
import { type CreatedUser, type User } from '@muster/contracts';
import { IconDots } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import { EditUserDialog } from './edit-user-dialog';
import { UserConfirmation, type UserAction } from './user-confirmation';

/** What can be done to a user. Somebody else does it, so that nobody locks themselves out. */
export function UserActions({ user, onPassword }: { user: User; onPassword: (user: CreatedUser) => void }) {
  const t = useText();
  const { user: self } = useSession();
  const [action, setAction] = useState<UserAction | 'edit'>();
  const close = () => setAction(undefined);
  if (self.id === user.id) return <span className="dim">{t('users.self')}</span>;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('users.actions', { name: user.name })}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAction('edit')}>{t('users.edit')}</Menu.Item>
          <Menu.Item onClick={() => setAction('reset')}>{t('users.reset')}</Menu.Item>
          <Menu.Item onClick={() => setAction(user.disabled ? 'enable' : 'disable')}>
            {t(user.disabled ? 'users.enable' : 'users.disable')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="var(--muster-bad)" onClick={() => setAction('delete')}>
            {t('users.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <EditUserDialog user={user} opened={action === 'edit'} onClose={close} />
      <UserConfirmation
        user={user}
        action={action === 'edit' ? undefined : action}
        onClose={close}
        onPassword={(created) => {
          close();
          onPassword(created);
        }}
      />
    </>
  );
}
