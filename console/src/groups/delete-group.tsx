import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { deleteGroup, type Group, listGroups, readDevice } from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useQueryClient } from '@tanstack/react-query';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { useNotify } from '../ui/use-notify';

export function DeleteGroup({ group }: { group: Group }) {
  const t = useText();
  const notify = useNotify();
  const may = useMay();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [opened, { open, close }] = useDisclosure();
  const remove = useWrite(deleteGroup, [readDevice]);
  if (!may(deleteGroup)) return null;
  const confirm = () =>
    remove.mutate(
      { params: { id: group.id } },
      {
        onSuccess: async () => {
          notify(t('groups.deleted', { name: group.name }));
          // First away from the page of what is gone, then read the list anew.
          await navigate('/groups');
          await cache.invalidateQueries({ queryKey: [listGroups.path] });
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
        title={t('groups.deleteTitle', { name: group.name })}
        confirm={t('app.delete')}
        dangerous
        pending={remove.isPending}
        error={remove.error}
        onConfirm={confirm}
        onClose={close}
      >
        {t('groups.deleteText', { count: group.deviceCount })}
      </ConfirmDialog>
    </>
  );
}
