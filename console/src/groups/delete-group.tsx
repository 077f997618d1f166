import { deleteGroup, type Group, listGroups, readDevice } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { ConfirmDelete } from '../ui/confirm-delete';

export function DeleteGroup({ group }: { group: Group }) {
  const t = useText();
  const { id, name, deviceCount } = group;
  return (
    <ConfirmDelete
      route={deleteGroup}
      call={{ params: { id } }}
      title={t('groups.deleteTitle', { name })}
      done={t('groups.deleted', { name })}
      list={{ to: '/groups', route: listGroups }}
      refresh={[readDevice]}
    >
      {t('groups.deleteText', { count: deviceCount })}
    </ConfirmDelete>
  );
}
