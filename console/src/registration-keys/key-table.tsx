import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { listGroups, type RegistrationKey } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import { type Mark, Status, type Tone } from '../ui/status';
import { When } from '../ui/when';
import { RevokeKey } from './revoke-key';
import { Plain } from '../ui/plain';

const LOOKS: Readonly<Record<RegistrationKey['state'], { tone: Tone; mark: Mark }>> = {
  active: { tone: 'good', mark: 'full' },
  spent: { tone: 'idle', mark: 'dash' },
  expired: { tone: 'idle', mark: 'ring' },
  revoked: { tone: 'bad', mark: 'dash' },
};

interface KeyTableProps {
  keys: readonly RegistrationKey[];
  onInstall: (key: RegistrationKey) => void;
  empty: ReactNode;
}

export function KeyTable({ keys, onInstall, empty }: KeyTableProps) {
  const t = useText();
  const intl = useIntl();
  const may = useMay();
  const groups = useRead(listGroups, { query: { size: 200 } }, { enabled: may(listGroups) });
  const groupName = (id: string | undefined) =>
    id === undefined
      ? '–'
      : (groups.data?.groups.find((group) => group.id === id)?.name ?? t('registrationKeys.someGroup'));
  const columns: Column<RegistrationKey>[] = [
    { id: 'name', header: t('registrationKeys.name'), cell: ({ name }) => <Plain text={name} /> },
    {
      id: 'state',
      header: t('registrationKeys.state'),
      cell: ({ state }) => <Status {...LOOKS[state]}>{t(`registrationKeys.state.${state}`)}</Status>,
    },
    {
      id: 'used',
      header: t('registrationKeys.used'),
      tight: true,
      cell: ({ devicesEnrolled, deviceLimit }) =>
        deviceLimit === undefined
          ? t('registrationKeys.unlimited', { used: devicesEnrolled })
          : t('registrationKeys.limited', { used: devicesEnrolled, limit: intl.formatNumber(deviceLimit) }),
    },
    { id: 'group', header: t('groups.group'), cell: ({ groupId }) => groupName(groupId) },
    {
      id: 'expires',
      header: t('registrationKeys.expires'),
      tight: true,
      cell: ({ expiresAt }) => (expiresAt ? <When at={expiresAt} /> : t('registrationKeys.never')),
    },
    { id: 'by', header: t('registrationKeys.createdBy'), cell: ({ createdBy }) => createdBy },
    {
      id: 'created',
      header: t('registrationKeys.created'),
      tight: true,
      cell: ({ createdAt }) => <When at={createdAt} />,
    },
    {
      id: 'actions',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      tight: true,
      cell: (key) => (
        <>
          {key.installLines !== undefined && key.installLines.length > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={() => onInstall(key)}>
              {t('registrationKeys.install')}
              <span className="visually-hidden"> {key.name}</span>
            </Button>
          )}
          <RevokeKey registrationKey={key} />
        </>
      ),
    },
  ];
  return (
    <DataTable
      caption={t('registrationKeys.title')}
      columns={columns}
      rows={keys}
      keyOf={({ id }) => id}
      empty={empty}
    />
  );
}
