import { Button } from '@mantine/core';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { NewPasswordFields, newPasswordFault, repeatedFault } from '../password/new-password-fields';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

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
      newPassword: (value) => newPasswordFault(t, value),
      repeated: (value, all) => repeatedFault(t, value, all),
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={form.onSubmit(({ newPassword }) => onSubmit(newPassword, showFaults))}
      noValidate
    >
      {error && <Failure error={error} shownFields={Object.keys(form.values)} />}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <NewPasswordFields form={form} />
      <Button type="submit" loading={pending} fullWidth>
        {submit}
      </Button>
    </form>
  );
}
