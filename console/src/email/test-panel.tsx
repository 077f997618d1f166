import { Button, TextInput } from '@mantine/core';
import { type EmailState, readEmailSettings, testEmail } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Panel } from '../ui/panel';
import { useFaultForm } from '../ui/use-fault-form';
import { SendingResult } from './sending-result';

/** Sends a message by what is saved, and shows what came of it; before that, how the last one went. */
export function TestPanel({ state }: { state: EmailState }) {
  const t = useText();
  const { user } = useSession();
  const test = useWrite(testEmail, [readEmailSettings]);
  const { form: fields, showFaults } = useFaultForm({
    initialValues: { recipient: user.email },
    validate: { recipient: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')) },
  });
  const send = ({ recipient }: typeof fields.values) =>
    test.mutate({ body: { recipient: recipient.trim() } }, { onError: showFaults });
  const shown = test.data ?? state.lastSending;
  return (
    <Panel title={t('email.test')}>
      <form className={`${form.form} ${form.narrow}`} onSubmit={fields.onSubmit(send)} noValidate>
        {test.error && <Failure error={test.error} shownFields={Object.keys(fields.values)} />}
        <TextInput
          label={t('email.recipient')}
          description={t('email.testText')}
          type="email"
          required
          maxLength={254}
          {...fields.getInputProps('recipient')}
        />
        <div className={form.buttons}>
          <Button type="submit" variant="default" loading={test.isPending}>
            {t('email.sendTest')}
          </Button>
        </div>
        {shown && !test.isPending && (
          <SendingResult key={shown.at} sending={shown} announce={test.data !== undefined} />
        )}
      </form>
    </Panel>
  );
}
