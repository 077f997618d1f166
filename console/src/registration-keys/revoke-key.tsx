import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { listRegistrationKeys, type RegistrationKey, revokeRegistrationKey } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';

export function RevokeKey({ registrationKey }: { registrationKey: RegistrationKey }) {
  const t = useText();
  const may = useMay();
  const [opened, { open, close }] = useDisclosure();
  const revoke = useWrite(revokeRegistrationKey, [listRegistrationKeys]);
  if (!may(revokeRegistrationKey) || registrationKey.state === 'revoked') return null;
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="danger" onClick={open}>
        {t('app.revoke')}
        <span className="visually-hidden"> {registrationKey.name}</span>
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('registrationKeys.revokeTitle', { name: registrationKey.name })}
        confirm={t('app.revoke')}
        dangerous
        pending={revoke.isPending}
        error={revoke.error}
        onClose={close}
        onConfirm={() => revoke.mutate({ params: { id: registrationKey.id } }, { onSuccess: close })}
      >
        {t('registrationKeys.revokeText', { count: registrationKey.devicesEnrolled })}
      </ConfirmDialog>
    </>
  );
}
