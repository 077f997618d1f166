import { NumberInput, TextInput } from '@mantine/core';
import { createRegistrationKey, listGroups, listRegistrationKeys, type RegistrationKey } from '@muster/contracts';
import { GroupSelect } from '../groups/group-select';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ExpiryField, fromLocal } from '../ui/expiry-field';
import { FormDialog } from '../ui/form-dialog';

interface CreateKeyDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (key: RegistrationKey) => void;
}

export function CreateKeyDialog({ opened, onClose, onCreated }: CreateKeyDialogProps) {
  const t = useText();
  const may = useMay();
  return (
    <FormDialog
      opened={opened}
      title={t('registrationKeys.create')}
      submit={t('app.create')}
      route={createRegistrationKey}
      refresh={[listRegistrationKeys]}
      initialValues={() => ({ name: '', groupId: '', deviceLimit: '' as number | string, expiresAt: '' })}
      validate={{
        name: (value) => (value.trim() === '' ? t('registrationKeys.nameMissing') : null),
        expiresAt: (value) => {
          const at = fromLocal(value);
          return at && Date.parse(at) <= Date.now() ? t('app.notInFuture') : null;
        },
      }}
      toCall={({ name, groupId, deviceLimit, expiresAt }) => ({
        body: {
          name: name.trim(),
          groupId: groupId || undefined,
          deviceLimit: deviceLimit === '' ? undefined : Number(deviceLimit),
          expiresAt: fromLocal(expiresAt),
        },
      })}
      onDone={onCreated}
      onClose={onClose}
    >
      {(form) => (
        <>
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
        </>
      )}
    </FormDialog>
  );
}
