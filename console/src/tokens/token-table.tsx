import { type ReactNode, useState } from 'react';
import { Button } from '@mantine/core';
import { type ApiToken, listApiTokens, revokeApiToken } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { type Column, DataTable } from '../ui/data-table';
import { When } from '../ui/when';
import { Plain } from '../ui/plain';

export function TokenTable({ tokens, empty }: { tokens: readonly ApiToken[]; empty: ReactNode }) {
  const t = useText();
  const [chosen, setChosen] = useState<ApiToken>();
  const revoke = useWrite(revokeApiToken, [listApiTokens]);
  const close = () => setChosen(undefined);
  const columns: Column<ApiToken>[] = [
    { id: 'name', header: t('tokens.name'), cell: ({ name }) => <Plain text={name} /> },
    { id: 'owner', header: t('tokens.owner'), cell: ({ ownerEmail }) => ownerEmail },
    {
      id: 'permissions',
      header: t('tokens.permissions'),
      cell: ({ permissions }) => <code>{permissions.join(', ')}</code>,
    },
    {
      id: 'used',
      header: t('tokens.lastUsed'),
      tight: true,
      cell: ({ lastUsedAt }) => (lastUsedAt ? <When at={lastUsedAt} relative /> : t('tokens.neverUsed')),
    },
    { id: 'expires', header: t('tokens.expires'), tight: true, cell: ({ expiresAt }) => <When at={expiresAt} /> },
    {
      id: 'revoke',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      cell: (token) => (
        <Button size="compact-sm" variant="subtle" color="danger" onClick={() => setChosen(token)}>
          {t('app.revoke')}
          <span className="visually-hidden"> {token.name}</span>
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable caption={t('tokens.title')} columns={columns} rows={tokens} keyOf={({ id }) => id} empty={empty} />
      <ConfirmDialog
        opened={chosen !== undefined}
        title={t('tokens.revokeTitle', { name: chosen?.name ?? '' })}
        confirm={t('app.revoke')}
        dangerous
        pending={revoke.isPending}
        error={revoke.error}
        onClose={close}
        onConfirm={() => chosen && revoke.mutate({ params: { id: chosen.id } }, { onSuccess: close })}
      >
        {t('tokens.revokeText')}
      </ConfirmDialog>
    </>
  );
}
