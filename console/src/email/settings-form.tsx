import { Button, NativeSelect, NumberInput, PasswordInput, Switch, Textarea, TextInput } from '@mantine/core';
import {
  EMAIL_SECURITIES,
  type EmailSecurity,
  type EmailSettings,
  listEmailMessages,
  listInvitations,
  readEmailSettings,
  saveEmailSettings,
} from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { useFaultForm } from '../ui/use-fault-form';
import { useNotify } from '../ui/use-notify';

/** The port that goes with each kind of connection, filled in while nobody typed another. */
const USUAL_PORTS: Readonly<Record<EmailSecurity, number>> = { none: 25, starttls: 587, tls: 465 };

const initial = (settings: EmailSettings | undefined) => ({
  host: settings?.host ?? '',
  port: settings?.port ?? USUAL_PORTS.starttls,
  security: settings?.security ?? ('starttls' as EmailSecurity),
  signsIn: settings ? settings.user !== undefined : true,
  user: settings?.user ?? '',
  password: '',
  fromAddress: settings?.fromAddress ?? '',
  fromName: settings?.fromName ?? 'Muster',
  trustedCertificates: settings?.trustedCertificates ?? '',
});
type Values = ReturnType<typeof initial>;

export function SettingsForm({ settings }: { settings: EmailSettings | undefined }) {
  const t = useText();
  const notify = useNotify();
  const save = useWrite(saveEmailSettings, [readEmailSettings, listEmailMessages, listInvitations]);
  const { form: fields, showFaults } = useFaultForm<Values>({
    initialValues: initial(settings),
    validate: {
      host: (host) => (host.trim() === '' ? t('email.hostMissing') : null),
      port: (port) => (Number.isInteger(port) && port >= 1 && port <= 65_535 ? null : t('email.portWrong')),
      user: (user, { signsIn }) => (signsIn && user.trim() === '' ? t('email.userMissing') : null),
      fromAddress: (address) => (/^\S+@\S+$/.test(address.trim()) ? null : t('users.emailWrong')),
    },
  });
  const { security, port, signsIn } = fields.values;
  const secure = (chosen: EmailSecurity) => {
    if (port === USUAL_PORTS[security]) fields.setFieldValue('port', USUAL_PORTS[chosen]);
    fields.setFieldValue('security', chosen);
  };
  const send = ({ signsIn: withUser, user, password, trustedCertificates, ...rest }: Values) =>
    save.mutate(
      {
        body: {
          ...rest,
          ...{ host: rest.host.trim(), fromAddress: rest.fromAddress.trim(), fromName: rest.fromName.trim() },
          ...(withUser ? { user: user.trim(), password: password || undefined } : {}),
          trustedCertificates: trustedCertificates.trim() || undefined,
        },
      },
      { onSuccess: () => notify(t('email.saved')), onError: showFaults },
    );
  return (
    <form className={`${form.form} ${form.narrow}`} onSubmit={fields.onSubmit(send)} noValidate>
      {save.error && <Failure error={save.error} shownFields={Object.keys(fields.values)} />}
      <div className={form.row}>
        <TextInput label={t('email.host')} required maxLength={253} dir="ltr" {...fields.getInputProps('host')} />
        <NumberInput label={t('email.port')} min={1} max={65_535} required {...fields.getInputProps('port')} />
      </div>
      <NativeSelect
        label={t('email.security')}
        description={t(`email.security.${security}.explained`)}
        data={EMAIL_SECURITIES.map((value) => ({ value, label: t(`email.security.${value}`) }))}
        value={security}
        error={fields.errors.security}
        onChange={({ currentTarget }) => secure(currentTarget.value as EmailSecurity)}
      />
      <Switch label={t('email.signsIn')} {...fields.getInputProps('signsIn', { type: 'checkbox' })} />
      {signsIn && (
        <div className={form.row}>
          <TextInput
            label={t('email.user')}
            required
            maxLength={254}
            autoComplete="off"
            {...fields.getInputProps('user')}
          />
          <PasswordInput
            label={t('email.password')}
            description={settings?.hasPassword ? t('email.passwordKept') : undefined}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="new-password"
            maxLength={500}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
            {...fields.getInputProps('password')}
          />
        </div>
      )}
      {signsIn && security === 'none' && <Notice tone="warn">{t('email.readable')}</Notice>}
      <div className={form.row}>
        <TextInput
          label={t('email.fromAddress')}
          type="email"
          required
          maxLength={254}
          autoComplete="off"
          {...fields.getInputProps('fromAddress')}
        />
        <TextInput label={t('email.fromName')} maxLength={200} {...fields.getInputProps('fromName')} />
      </div>
      {security !== 'none' && (
        <Textarea
          label={t('email.trusted')}
          description={t('email.trustedHint')}
          rows={4}
          dir="ltr"
          maxLength={65_536}
          {...fields.getInputProps('trustedCertificates')}
        />
      )}
      <div className={form.buttons}>
        <Button type="submit" loading={save.isPending}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}
