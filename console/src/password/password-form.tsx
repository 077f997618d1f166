import { Button, PasswordInput } from '@mantine/core';
import { useText } from '../messages/use-text';
import { useChangePassword } from '../session/use-session';
import { Failure } from '../ui/failure';
import { useFaultForm } from '../ui/use-fault-form';
import classes from '../ui/form.module.css';
import { NewPasswordFields, newPasswordFault, repeatedFault } from './new-password-fields';

/** Changes the own password; the server ends all other sessions. */
export function PasswordForm({ email, onDone }: { email: string; onDone?: () => void }) {
  const t = useText();
  const change = useChangePassword();
  const { form, showFaults } = useFaultForm({
    initialValues: { currentPassword: '', newPassword: '', repeated: '' },
    validate: {
      currentPassword: (value) => (value === '' ? t('password.currentMissing') : null),
      newPassword: (value, all) =>
        newPasswordFault(t, value) ?? (value === all.currentPassword ? t('password.same') : null),
      repeated: (value, all) => repeatedFault(t, value, all),
    },
  });
  const submit = form.onSubmit(({ currentPassword, newPassword }) =>
    change.mutate({ body: { currentPassword, newPassword } }, { onError: showFaults, onSuccess: onDone }),
  );
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {change.error && <Failure key={change.submittedAt} error={change.error} shownFields={Object.keys(form.values)} />}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput
        label={t('password.current')}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
        {...form.getInputProps('currentPassword')}
      />
      <NewPasswordFields form={form} />
      <div className={classes.buttons}>
        <Button type="submit" loading={change.isPending}>
          {t('password.submit')}
        </Button>
      </div>
    </form>
  );
}
