import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { listInvitations, readEmailSettings, removeEmailSettings } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';

export function RemoveSettings() {
  const t = useText();
  const [opened, { open, close }] = useDisclosure();
  const remove = useWrite(removeEmailSettings, [readEmailSettings, listInvitations]);
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="danger" onClick={open}>
        {t('email.remove')}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('email.removeTitle')}
        confirm={t('email.remove')}
        dangerous
        pending={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => remove.mutate({}, { onSuccess: close })}
      >
        {t('email.removeText')}
      </ConfirmDialog>
    </>
  );
}
