import { Button, NumberInput, TextInput } from '@mantine/core';
import { createRegistrationKey, listGroups, listRegistrationKeys, type RegistrationKey } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { GroupSelect } from '../groups/group-select';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Dialog } from '../ui/dialog';
import { ExpiryField, fromLocal } from '../ui/expiry-field';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

interface CreateKeyDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (key: RegistrationKey) => void;
}

export function CreateKeyDialog({ opened, onClose, onCreated }: CreateKeyDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('registrationKeys.create')}>
      <CreateKeyForm onCancel={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateKeyForm({ onCancel, onCreated }: { onCancel: () => void; onCreated: (key: RegistrationKey) => void }) {
  const t = useText();
  const may = useMay();
  const create = useWrite(createRegistrationKey, [listRegistrationKeys]);
  const { form, showFaults } = useFaultForm({
    initialValues: { name: '', groupId: '', deviceLimit: '' as number | string, expiresAt: '' },
    validate: {
      name: (value) => (value.trim() === '' ? t('registrationKeys.nameMissing') : null),
      expiresAt: (value) => {
        const at = fromLocal(value);
        return at && Date.parse(at) <= Date.now() ? t('app.notInFuture') : null;
      },
    },
  });
  const submit = form.onSubmit(({ name, groupId, deviceLimit, expiresAt }) =>
    create.mutate(
      {
        body: {
          name: name.trim(),
          groupId: groupId || undefined,
          deviceLimit: deviceLimit === '' ? undefined : Number(deviceLimit),
          expiresAt: fromLocal(expiresAt),
        },
      },
      { onSuccess: onCreated, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {create.error && <Failure error={create.error} shownFields={Object.keys(form.values)} />}
      <TextInput
        label={t('registrationKeys.name')}
        description={t('registrationKeys.nameHint')}
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps('name')}
      />
      {may(listGroups) && (
        <GroupSelect
          label={t('registrationKeys.group')}
          description={t('registrationKeys.groupHint')}
          value={form.values.groupId || undefined}
          error={form.errors.groupId}
          onChange={(id) => form.setFieldValue('groupId', id ?? '')}
        />
      )}
      <NumberInput
        label={t('registrationKeys.limit')}
        description={t('registrationKeys.limitHint')}
        min={1}
        max={1_000_000}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        {...form.getInputProps('deviceLimit')}
      />
      <ExpiryField
        label={t('registrationKeys.expires')}
        description={t('registrationKeys.expiresHint')}
        {...form.getInputProps('expiresAt')}
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
