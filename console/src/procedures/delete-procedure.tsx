import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { deleteProcedure, listProcedures, type Procedure } from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { useNotify } from '../ui/use-notify';

export function DeleteProcedure({ procedure }: { procedure: Procedure }) {
  const t = useText();
  const notify = useNotify();
  const may = useMay();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure();
  const remove = useWrite(deleteProcedure, [listProcedures]);
  if (!may(deleteProcedure)) return null;
  const confirm = () =>
    remove.mutate(
      { params: { id: procedure.id } },
      {
        onSuccess: () => {
          notify(t('procedures.deleted', { name: procedure.name }));
          void navigate('/procedures');
        },
      },
    );
  return (
    <>
      <Button variant="outline" color="danger" onClick={open}>
        {t('app.delete')}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('procedures.deleteTitle', { name: procedure.name })}
        confirm={t('app.delete')}
        dangerous
        pending={remove.isPending}
        error={remove.error}
        onConfirm={confirm}
        onClose={close}
      >
        {t('procedures.deleteText')}
      </ConfirmDialog>
    </>
  );
}
