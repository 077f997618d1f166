import { Button, NativeSelect, TextInput } from '@mantine/core';
import { listUsers, updateUser, type User } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';
import { useAssignableRoles } from './use-assignable-roles';

interface EditUserDialogProps {
  user: User;
  opened: boolean;
  onClose: () => void;
}

export function EditUserDialog({ user, opened, onClose }: EditUserDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('users.editTitle', { email: user.email })}>
      <EditUserForm user={user} onDone={onClose} />
    </Dialog>
  );
}

function EditUserForm({ user, onDone }: { user: User; onDone: () => void }) {
  const t = useText();
  const assignable = useAssignableRoles();
  const roles = assignable.includes(user.role) ? assignable : [user.role, ...assignable];
  const update = useWrite(updateUser, [listUsers]);
  const { form, showFaults } = useFaultForm({
    initialValues: { name: user.name, role: user.role },
    validate: { name: (value) => (value.trim() === '' ? t('users.nameMissing') : null) },
  });
  const submit = form.onSubmit(({ name, role }) =>
    update.mutate(
      { params: { id: user.id }, body: { name: name.trim(), role } },
      { onSuccess: onDone, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {update.error && <Failure error={update.error} shownFields={Object.keys(form.values)} />}
      <TextInput label={t('users.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
      <NativeSelect
        label={t('users.role')}
        description={t(`roles.${form.values.role}.explained`)}
        data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
        {...form.getInputProps('role')}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={update.isPending}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}
