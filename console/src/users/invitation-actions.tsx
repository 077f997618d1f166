import { useState } from 'react';
import { Button } from '@mantine/core';
import {
  type CreatedInvitation,
  type Invitation,
  listInvitations,
  renewInvitation,
  withdrawInvitation,
} from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';

interface InvitationActionsProps {
  invitation: Invitation;
  onInvited: (invitation: CreatedInvitation) => void;
}

export function InvitationActions({ invitation, onInvited }: InvitationActionsProps) {
  const t = useText();
  const [action, setAction] = useState<'renew' | 'withdraw'>();
  const renew = useWrite(renewInvitation, [listInvitations]);
  const withdraw = useWrite(withdrawInvitation, [listInvitations]);
  const { id, email } = invitation;
  const close = () => setAction(undefined);
  const shown = action ?? 'renew';
  const used = shown === 'renew' ? renew : withdraw;
  const confirm = () => {
    if (shown === 'withdraw') return withdraw.mutate({ params: { id } }, { onSuccess: close });
    renew.mutate(
      { params: { id } },
      {
        onSuccess: (renewed) => {
          close();
          onInvited(renewed);
        },
      },
    );
  };
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={() => setAction('renew')}>
        {t('invitations.renew')}
        <span className="visually-hidden"> {email}</span>
      </Button>
      <Button size="compact-sm" variant="subtle" color="danger" onClick={() => setAction('withdraw')}>
        {t('invitations.withdraw')}
        <span className="visually-hidden"> {email}</span>
      </Button>
      <ConfirmDialog
        opened={action !== undefined}
        title={t(`invitations.${shown}Title`, { email })}
        confirm={t(`invitations.${shown}`)}
        dangerous={shown === 'withdraw'}
        pending={used.isPending}
        error={used.error}
        onConfirm={confirm}
        onClose={close}
      >
        {t(`invitations.${shown}Text`, { email })}
      </ConfirmDialog>
    </>
  );
}
