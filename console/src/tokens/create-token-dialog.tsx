import { Checkbox, TextInput } from '@mantine/core';
import { createApiToken, type CreatedApiToken, listApiTokens, PERMISSIONS, type Permission } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import { ExpiryField, fromLocal, toLocal } from '../ui/expiry-field';
import { FormDialog } from '../ui/form-dialog';
import classes from '../ui/form.module.css';
import { useNow } from '../ui/when';

const DAY = 86_400_000;

interface CreateTokenDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (token: CreatedApiToken) => void;
}

export function CreateTokenDialog({ opened, onClose, onCreated }: CreateTokenDialogProps) {
  const t = useText();
  const { permissions } = useSession();
  const latest = new Date(useNow() + 365 * DAY);
  return (
    <FormDialog
      opened={opened}
      size="lg"
      title={t('tokens.create')}
      submit={t('app.create')}
      route={createApiToken}
      refresh={[listApiTokens]}
      initialValues={() => ({
        name: '',
        permissions: [] as string[],
        expiresAt: toLocal(new Date(Date.now() + 90 * DAY)),
      })}
      validate={{
        name: (value) => (value.trim() === '' ? t('tokens.nameMissing') : null),
        permissions: (value) => (value.length === 0 ? t('tokens.permissionsMissing') : null),
        expiresAt: (value) => {
          const at = Date.parse(fromLocal(value) ?? '');
          if (!(at > Date.now())) return t('app.notInFuture');
          return at > latest.getTime() ? t('tokens.tooLong') : null;
        },
      }}
      toCall={({ name, permissions: chosen, expiresAt }) => ({
        body: { name: name.trim(), permissions: chosen as Permission[], expiresAt: fromLocal(expiresAt) ?? '' },
      })}
      onDone={onCreated}
      onClose={onClose}
    >
      {(form) => (
        <>
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
        </>
      )}
    </FormDialog>
  );
}
