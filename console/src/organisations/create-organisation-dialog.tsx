import { Button, TextInput } from '@mantine/core';
import { createOrganisation, type CreatedOrganisation, listOrganisations } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

interface CreateOrganisationDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (created: CreatedOrganisation) => void;
}

export function CreateOrganisationDialog({ opened, onClose, onCreated }: CreateOrganisationDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('organisations.create')}>
      <CreateOrganisationForm onCancel={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateOrganisationForm({
  onCancel,
  onCreated,
}: {
  onCancel: () => void;
  onCreated: (created: CreatedOrganisation) => void;
}) {
  const t = useText();
  const create = useWrite(createOrganisation, [listOrganisations]);
  const { form, showFaults } = useFaultForm({
    initialValues: { name: '', ownerEmail: '', ownerName: '' },
    validate: {
      name: (value) => (value.trim() === '' ? t('organisations.nameMissing') : null),
      ownerEmail: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
      ownerName: (value) => (value.trim() === '' ? t('users.nameMissing') : null),
    },
  });
  const submit = form.onSubmit(({ name, ownerEmail, ownerName }) =>
    create.mutate(
      { body: { name: name.trim(), ownerEmail: ownerEmail.trim(), ownerName: ownerName.trim() } },
      { onSuccess: onCreated, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {create.error && <Failure error={create.error} shownFields={Object.keys(form.values)} />}
      <TextInput
        label={t('organisations.name')}
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('organisations.ownerEmail')}
        type="email"
        required
        maxLength={254}
        autoComplete="off"
        {...form.getInputProps('ownerEmail')}
      />
      <TextInput label={t('organisations.ownerName')} required maxLength={200} {...form.getInputProps('ownerName')} />
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
