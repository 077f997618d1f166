import { TextInput } from '@mantine/core';
import { createOrganisation, type CreatedOrganisation, listOrganisations } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';

interface CreateOrganisationDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (created: CreatedOrganisation) => void;
}

export function CreateOrganisationDialog({ opened, onClose, onCreated }: CreateOrganisationDialogProps) {
  const t = useText();
  return (
    <FormDialog
      opened={opened}
      title={t('organisations.create')}
      submit={t('app.create')}
      route={createOrganisation}
      refresh={[listOrganisations]}
      initialValues={() => ({ name: '', ownerEmail: '', ownerName: '' })}
      validate={{
        name: (value) => (value.trim() === '' ? t('organisations.nameMissing') : null),
        ownerEmail: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
        ownerName: (value) => (value.trim() === '' ? t('users.nameMissing') : null),
      }}
      toCall={({ name, ownerEmail, ownerName }) => ({
        body: { name: name.trim(), ownerEmail: ownerEmail.trim(), ownerName: ownerName.trim() },
      })}
      onDone={onCreated}
      onClose={onClose}
    >
      {(form) => (
        <>
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
          <TextInput
            label={t('organisations.ownerName')}
            required
            maxLength={200}
            {...form.getInputProps('ownerName')}
          />
        </>
      )}
    </FormDialog>
  );
}
