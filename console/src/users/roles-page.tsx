import { listRoles, PERMISSIONS, type Permission, type RoleDescription } from '@muster/contracts';
import { IconCheck } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';

/** What each role may do, permission by permission. */
export function RolesPage() {
  const t = useText();
  const roles = useRead(listRoles, {});
  return (
    <Page title={t('roles.title')} description={t('roles.text')}>
      <Panel flush>
        <Loaded query={roles}>{(list) => <RoleTable roles={list.roles} />}</Loaded>
      </Panel>
    </Page>
  );
}

function RoleTable({ roles }: { roles: readonly RoleDescription[] }) {
  const t = useText();
  const columns: Column<Permission>[] = [
    { id: 'permission', header: t('roles.permission'), cell: (permission) => t(`permissions.${permission}`) },
    { id: 'name', header: t('roles.permissionName'), cell: (permission) => <code>{permission}</code> },
    ...roles.map(({ name, permissions }): Column<Permission> => ({
      id: name,
      header: t(`roles.${name}`),
      cell: (permission) => <Allowed yes={permissions.includes(permission)} />,
    })),
  ];
  return <DataTable caption={t('roles.title')} columns={columns} rows={PERMISSIONS} keyOf={String} empty={null} />;
}

function Allowed({ yes }: { yes: boolean }) {
  const t = useText();
  return (
    <>
      {yes && <IconCheck size={16} aria-hidden />}
      <span className={yes ? 'visually-hidden' : 'dim'}>{t(yes ? 'roles.allowed' : 'roles.notAllowed')}</span>
    </>
  );
}
