import { Button, PasswordInput } from '@mantine/core';
import { useText } from '../messages/use-text';
import { useChangePassword } from '../session/use-session';
import { Failure } from '../ui/failure';
import { useFaultForm } from '../ui/use-fault-form';
import classes from '../ui/form.module.css';

const SHORTEST = 12;

/** Changes the own password; the server ends all other sessions. */
export function PasswordForm({ email, onDone }: { email: string; onDone?: () => void }) {
  const t = useText();
  const change = useChangePassword();
  const { form, showFaults } = useFaultForm({
    initialValues: { currentPassword: '', newPassword: '', repeated: '' },
    validate: {
      currentPassword: (value) => (value === '' ? t('password.currentMissing') : null),
      newPassword: (value, all) => {
        if (value.length < SHORTEST) return t('password.tooShort', { shortest: SHORTEST });
        return value === all.currentPassword ? t('password.same') : null;
      },
      repeated: (value, all) => (value === all.newPassword ? null : t('password.notEqual')),
    },
  });
  const submit = form.onSubmit(({ currentPassword, newPassword }) =>
    change.mutate({ body: { currentPassword, newPassword } }, { onError: showFaults, onSuccess: onDone }),
  );
  const reveal = { 'aria-label': t('signIn.showPassword') };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {change.error && <Failure key={change.submittedAt} error={change.error} shownFields={Object.keys(form.values)} />}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput
        label={t('password.current')}
        autoComplete="current-password"
        visibilityToggleButtonProps={reveal}
        {...form.getInputProps('currentPassword')}
      />
      <PasswordInput
        label={t('password.new')}
        description={t('password.rule', { shortest: SHORTEST })}
        autoComplete="new-password"
        visibilityToggleButtonProps={reveal}
        {...form.getInputProps('newPassword')}
      />
      <PasswordInput
        label={t('password.repeat')}
        autoComplete="new-password"
        visibilityToggleButtonProps={reveal}
        {...form.getInputProps('repeated')}
      />
      <div className={classes.buttons}>
        <Button type="submit" loading={change.isPending}>
          {t('password.submit')}
        </Button>
      </div>
    </form>
  );
}
