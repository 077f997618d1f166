import { useEffect } from 'react';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { FORGOTTEN_PAGE } from '../email/link-pages';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import { useFaultForm } from '../ui/use-fault-form';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { EntryFrame } from './entry-frame';
import { useSignIn } from './use-session';

/** Where a person proves who they are. The address stays, so that they land where they wanted to go. */
export function SignInPage() {
  const t = useText();
  const signIn = useSignIn();
  const { form: fields, showFaults } = useFaultForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (value) => (value.trim() === '' ? t('signIn.emailMissing') : null),
      password: (value) => (value === '' ? t('signIn.passwordMissing') : null),
    },
  });
  useEffect(() => {
    document.title = t('app.documentTitle', { title: t('signIn.title') });
  }, [t]);

  const submit = fields.onSubmit(({ email, password }) =>
    signIn.mutate(
      { body: { email: email.trim(), password } },
      {
        onError: (error) => {
          showFaults(error);
          fields.setFieldValue('password', '');
        },
      },
    ),
  );
  return (
    <EntryFrame title={t('signIn.title')}>
      <form className={form.form} onSubmit={submit} noValidate>
        {signIn.error && (
          <Failure key={signIn.submittedAt} error={signIn.error} shownFields={Object.keys(fields.values)} />
        )}
        <TextInput
          label={t('signIn.email')}
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          {...fields.getInputProps('email')}
        />
        <PasswordInput
          label={t('signIn.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
          {...fields.getInputProps('password')}
        />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t('signIn.submit')}
        </Button>
        <LinkButton to={FORGOTTEN_PAGE} variant="subtle" fullWidth>
          {t('signIn.forgotten')}
        </LinkButton>
      </form>
    </EntryFrame>
  );
}
