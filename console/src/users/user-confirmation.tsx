import {
  type CreatedUser,
  deleteUser,
  listApiTokens,
  listAllSessions,
  listUsers,
  resetPassword,
  updateUser,
  type User,
} from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';

export type UserAction = 'reset' | 'disable' | 'enable' | 'delete';

interface UserConfirmationProps {
  user: User;
  action: UserAction | undefined;
  onClose: () => void;
  onPassword: (user: CreatedUser) => void;
}

/** Says what an action does to a user before it is done. */
export function UserConfirmation({ user, action, onClose, onPassword }: UserConfirmationProps) {
  const t = useText();
  const reset = useWrite(resetPassword, [listUsers, listAllSessions]);
  const update = useWrite(updateUser, [listUsers, listAllSessions]);
  const remove = useWrite(deleteUser, [listUsers, listAllSessions, listApiTokens]);
  const params = { id: user.id };
  const shown = action ?? 'disable';
  const used = shown === 'reset' ? reset : shown === 'delete' ? remove : update;
  const confirm = () => {
    if (shown === 'reset') reset.mutate({ params }, { onSuccess: onPassword });
    else if (shown === 'delete') remove.mutate({ params }, { onSuccess: onClose });
    else update.mutate({ params, body: { disabled: shown === 'disable' } }, { onSuccess: onClose });
  };
  return (
    <ConfirmDialog
      opened={action !== undefined}
      title={t(`users.${shown}Title`, { name: user.name })}
      confirm={t(`users.${shown}`)}
      dangerous={shown !== 'enable'}
      pending={used.isPending}
      error={used.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      {t(`users.${shown}Text`, { name: user.name, email: user.email })}
    </ConfirmDialog>
  );
}
