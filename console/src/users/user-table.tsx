import type { ReactNode } from 'react';
import { type CreatedUser, updateUser, type User } from '@muster/contracts';
import { type TextOf, useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import { Status } from '../ui/status';
import { useNow, When } from '../ui/when';
import { UserActions } from './user-actions';
import { Plain } from '../ui/plain';

interface UserTableProps {
  users: readonly User[];
  /** A user got a new one-time password. */
  onPassword: (user: CreatedUser) => void;
  empty: ReactNode;
}

export function UserTable({ users, onPassword, empty }: UserTableProps) {
  const t = useText();
  const may = useMay();
  const now = useNow();
  const columns: Column<User>[] = [
    { id: 'name', header: t('users.name'), cell: ({ name }) => <Plain text={name} /> },
    { id: 'email', header: t('users.email'), cell: ({ email }) => <Plain text={email} /> },
    { id: 'role', header: t('users.role'), tight: true, cell: ({ role }) => t(`roles.${role}`) },
    { id: 'state', header: t('users.state'), cell: (user) => userState(t, user, now) },
    {
      id: 'signIn',
      header: t('users.lastSignIn'),
      tight: true,
      cell: ({ lastSignInAt }) => (lastSignInAt ? <When at={lastSignInAt} relative /> : t('users.neverSignedIn')),
    },
    { id: 'created', header: t('users.created'), tight: true, cell: ({ createdAt }) => <When at={createdAt} /> },
  ];
  if (may(updateUser)) {
    columns.push({
      id: 'actions',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      cell: (user) => <UserActions user={user} onPassword={onPassword} />,
    });
  }
  return <DataTable caption={t('users.title')} columns={columns} rows={users} keyOf={({ id }) => id} empty={empty} />;
}

function userState(t: TextOf, user: User, now: number): ReactNode {
  if (user.disabled)
    return (
      <Status tone="idle" mark="dash">
        {t('users.disabled')}
      </Status>
    );
  if (user.lockedUntil && Date.parse(user.lockedUntil) > now) {
    return (
      <>
        <Status tone="warn" mark="ring">
          {t('users.locked')}
        </Status>{' '}
        <When at={user.lockedUntil} />
      </>
    );
  }
  if (user.mustChangePassword)
    return (
      <Status tone="busy" mark="ring">
        {t('users.firstPassword')}
      </Status>
    );
  return <Status tone="good">{t('users.active')}</Status>;
}
