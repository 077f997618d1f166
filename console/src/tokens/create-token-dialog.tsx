import { useState } from 'react';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { createApiToken, type CreatedApiToken, listApiTokens, PERMISSIONS, type Permission } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import { Dialog } from '../ui/dialog';
import { ExpiryField, fromLocal, toLocal } from '../ui/expiry-field';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

const DAY = 86_400_000;

interface CreateTokenDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (token: CreatedApiToken) => void;
}

export function CreateTokenDialog({ opened, onClose, onCreated }: CreateTokenDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} size="lg" title={t('tokens.create')}>
      <CreateTokenForm onCancel={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateTokenForm({
  onCancel,
  onCreated,
}: {
  onCancel: () => void;
  onCreated: (token: CreatedApiToken) => void;
}) {
  const t = useText();
  const { permissions } = useSession();
  const create = useWrite(createApiToken, [listApiTokens]);
  const [opened] = useState(() => Date.now());
  const latest = new Date(opened + 365 * DAY);
  const { form, showFaults } = useFaultForm({
    initialValues: { name: '', permissions: [] as string[], expiresAt: toLocal(new Date(opened + 90 * DAY)) },
    validate: {
      name: (value) => (value.trim() === '' ? t('tokens.nameMissing') : null),
      permissions: (value) => (value.length === 0 ? t('tokens.permissionsMissing') : null),
      expiresAt: (value) => {
        const at = Date.parse(fromLocal(value) ?? '');
        if (!(at > Date.now())) return t('app.notInFuture');
        return at > latest.getTime() ? t('tokens.tooLong') : null;
      },
    },
  });
  const submit = form.onSubmit(({ name, permissions: chosen, expiresAt }) =>
    create.mutate(
      { body: { name: name.trim(), permissions: chosen as Permission[], expiresAt: fromLocal(expiresAt) ?? '' } },
      { onSuccess: onCreated, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {create.error && <Failure error={create.error} shownFields={Object.keys(form.values)} />}
      <TextInput
        label={t('tokens.name')}
        description={t('tokens.nameHint')}
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps('name')}
      />
      <ExpiryField
        label={t('tokens.expires')}
        description={t('tokens.expiresHint')}
        required
        max={latest}
        {...form.getInputProps('expiresAt')}
      />
      <Checkbox.Group
        label={t('tokens.permissions')}
        description={t('tokens.permissionsHint')}
        required
        {...form.getInputProps('permissions')}
      >
        <div className={classes.choices}>
          {PERMISSIONS.filter((permission) => permissions.includes(permission)).map((permission) => (
            <Checkbox key={permission} value={permission} label={t(`permissions.${permission}`)} />
          ))}
        </div>
      </Checkbox.Group>
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
