import { TextInput } from '@mantine/core';
import { createUser, type CreatedUser, listUsers, type Role } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';
import { RoleField } from './role-field';
import { useAssignableRoles } from './use-assignable-roles';

interface CreateUserDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (user: CreatedUser) => void;
}

export function CreateUserDialog({ opened, onClose, onCreated }: CreateUserDialogProps) {
  const t = useText();
  const roles = useAssignableRoles();
  return (
    <FormDialog
      opened={opened}
      title={t('users.create')}
      submit={t('app.create')}
      route={createUser}
      refresh={[listUsers]}
      initialValues={() => ({ email: '', name: '', role: 'technician' as Role })}
      validate={{
        email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
        name: (value) => (value.trim() === '' ? t('users.nameMissing') : null),
      }}
      toCall={({ email, name, role }) => ({ body: { email: email.trim(), name: name.trim(), role } })}
      onDone={onCreated}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput
            label={t('users.email')}
            type="email"
            required
            autoComplete="off"
            maxLength={254}
            data-autofocus
            {...form.getInputProps('email')}
          />
          <TextInput label={t('users.name')} required maxLength={200} {...form.getInputProps('name')} />
          <RoleField roles={roles} chosen={form.values.role} {...form.getInputProps('role')} />
        </>
      )}
    </FormDialog>
  );
}
