import { TextInput } from '@mantine/core';
import { listUsers, updateUser, type User } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';
import { RoleField } from './role-field';
import { useAssignableRoles } from './use-assignable-roles';

interface EditUserDialogProps {
  user: User;
  opened: boolean;
  onClose: () => void;
}

export function EditUserDialog({ user, opened, onClose }: EditUserDialogProps) {
  const t = useText();
  const assignable = useAssignableRoles();
  const roles = assignable.includes(user.role) ? assignable : [user.role, ...assignable];
  return (
    <FormDialog
      opened={opened}
      title={t('users.editTitle', { email: user.email })}
      submit={t('app.save')}
      route={updateUser}
      refresh={[listUsers]}
      initialValues={() => ({ name: user.name, role: user.role })}
      validate={{ name: (value) => (value.trim() === '' ? t('users.nameMissing') : null) }}
      toCall={({ name, role }) => ({ params: { id: user.id }, body: { name: name.trim(), role } })}
      onDone={onClose}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label={t('users.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
          <RoleField roles={roles} chosen={form.values.role} {...form.getInputProps('role')} />
        </>
      )}
    </FormDialog>
  );
}
