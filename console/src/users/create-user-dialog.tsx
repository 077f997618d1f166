import { createUser, type CreatedUser, listUsers } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';
import { NOBODY, PersonFields, personOf, usePersonChecks } from './person-fields';

interface CreateUserDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (user: CreatedUser) => void;
}

export function CreateUserDialog({ opened, onClose, onCreated }: CreateUserDialogProps) {
  const t = useText();
  const validate = usePersonChecks();
  return (
    <FormDialog
      opened={opened}
      title={t('users.create')}
      submit={t('app.create')}
      route={createUser}
      refresh={[listUsers]}
      initialValues={() => NOBODY}
      validate={validate}
      toCall={(person) => ({ body: personOf(person) })}
      onDone={onCreated}
      onClose={onClose}
    >
      {(form) => <PersonFields form={form} />}
    </FormDialog>
  );
}
