import { Button, PasswordInput } from '@mantine/core';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

const SHORTEST = 12;

interface NewPasswordFormProps {
  /** Whose password it is, for password managers. */
  email: string;
  submit: string;
  pending: boolean;
  error: ApiError | null;
  onSubmit: (newPassword: string, onError: (error: ApiError) => void) => void;
}

/** A password that somebody chooses without having had one. */
export function NewPasswordForm({ email, submit, pending, error, onSubmit }: NewPasswordFormProps) {
  const t = useText();
  const { form, showFaults } = useFaultForm({
    initialValues: { newPassword: '', repeated: '' },
    validate: {
      newPassword: (value) => (value.length < SHORTEST ? t('password.tooShort', { shortest: SHORTEST }) : null),
      repeated: (value, all) => (value === all.newPassword ? null : t('password.notEqual')),
    },
  });
  const reveal = { 'aria-label': t('signIn.showPassword') };
  return (
    <form
      className={classes.form}
      onSubmit={form.onSubmit(({ newPassword }) => onSubmit(newPassword, showFaults))}
      noValidate
    >
      {error && <Failure error={error} shownFields={Object.keys(form.values)} />}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
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
      <Button type="submit" loading={pending} fullWidth>
        {submit}
      </Button>
    </form>
  );
}
