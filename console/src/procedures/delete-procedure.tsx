import { deleteProcedure, listProcedures, type Procedure } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { ConfirmDelete } from '../ui/confirm-delete';

export function DeleteProcedure({ procedure }: { procedure: Procedure }) {
  const t = useText();
  const { id, name } = procedure;
  return (
    <ConfirmDelete
      route={deleteProcedure}
      call={{ params: { id } }}
      title={t('procedures.deleteTitle', { name })}
      done={t('procedures.deleted', { name })}
      list={{ to: '/procedures', route: listProcedures }}
    >
      {t('procedures.deleteText')}
    </ConfirmDelete>
  );
}
