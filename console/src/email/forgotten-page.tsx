import { Button, TextInput } from '@mantine/core';
import { askPasswordReset, readPasswordReset } from '@muster/contracts';
import { useRead, useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { Loaded } from '../ui/states';
import { useFaultForm } from '../ui/use-fault-form';
import { LinkFrame, ToSignIn } from './link-frame';

/** Asks for a link by mail. What it says afterwards is the same for every address. */
export function ForgottenPage() {
  const t = useText();
  const offer = useRead(readPasswordReset, {});
  return (
    <LinkFrame title={t('links.forgotten')}>
      <Loaded query={offer}>
        {({ available }) => (available ? <AskForm /> : <Notice tone="info">{t('links.noMail')}</Notice>)}
      </Loaded>
      <ToSignIn />
    </LinkFrame>
  );
}

function AskForm() {
  const t = useText();
  const ask = useWrite(askPasswordReset);
  const { form: fields, showFaults } = useFaultForm({
    initialValues: { email: '' },
    validate: { email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')) },
  });
  if (ask.isSuccess) {
    return (
      <Notice tone="good" announce>
        {t('links.asked', { email: fields.values.email.trim() })}
      </Notice>
    );
  }
  const send = ({ email }: typeof fields.values) =>
    ask.mutate({ body: { email: email.trim() } }, { onError: showFaults });
  return (
    <form className={form.form} onSubmit={fields.onSubmit(send)} noValidate>
      {ask.error && <Failure key={ask.submittedAt} error={ask.error} shownFields={Object.keys(fields.values)} />}
      <p>{t('links.forgottenText')}</p>
      <TextInput
        label={t('signIn.email')}
        type="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        {...fields.getInputProps('email')}
      />
      <Button type="submit" loading={ask.isPending} fullWidth>
        {t('links.ask')}
      </Button>
    </form>
  );
}
