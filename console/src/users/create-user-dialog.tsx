import { Button, NativeSelect, TextInput } from '@mantine/core';
import { createUser, type CreatedUser, listUsers, type Role } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';
import { useAssignableRoles } from './use-assignable-roles';

interface CreateUserDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (user: CreatedUser) => void;
}

export function CreateUserDialog({ opened, onClose, onCreated }: CreateUserDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('users.create')}>
      <CreateUserForm onCancel={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateUserForm({ onCancel, onCreated }: { onCancel: () => void; onCreated: (user: CreatedUser) => void }) {
  const t = useText();
  const roles = useAssignableRoles();
  const create = useWrite(createUser, [listUsers]);
  const { form, showFaults } = useFaultForm({
    initialValues: { email: '', name: '', role: 'technician' as Role },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
      name: (value) => (value.trim() === '' ? t('users.nameMissing') : null),
    },
  });
  const submit = form.onSubmit(({ email, name, role }) =>
    create.mutate(
      { body: { email: email.trim(), name: name.trim(), role } },
      { onSuccess: onCreated, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {create.error && <Failure error={create.error} shownFields={Object.keys(form.values)} />}
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
      <NativeSelect
        label={t('users.role')}
        description={t(`roles.${form.values.role}.explained`)}
        data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
        {...form.getInputProps('role')}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={create.isPending}>
          {t('app.create')}
        </Button>
      </div>
    </form>
  );
}
