import { lookAtPasswordReset, type PasswordResetAccount, usePasswordReset } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Notice } from '../ui/notice';
import { Loaded } from '../ui/states';
import { LinkFrame, ToSignIn } from './link-frame';
import { useLinkSecret } from './link-secret';
import { NewPasswordForm } from './new-password-form';
import { useLink } from './use-link';

/** Where the link for a new password leads. */
export function PasswordResetPage() {
  const t = useText();
  const secret = useLinkSecret();
  return (
    <LinkFrame title={t('links.reset')}>
      {secret === undefined ? <Notice tone="bad">{t('links.incomplete')}</Notice> : <Account secret={secret} />}
    </LinkFrame>
  );
}

function Account({ secret }: { secret: string }) {
  const account = useLink(lookAtPasswordReset, secret);
  return <Loaded query={account}>{(data) => <Replacement secret={secret} account={data} />}</Loaded>;
}

function Replacement({ secret, account }: { secret: string; account: PasswordResetAccount }) {
  const t = useText();
  const use = useWrite(usePasswordReset);
  if (use.isSuccess) {
    return (
      <>
        <Notice tone="good" announce>
          {t('links.resetDone')}
        </Notice>
        <ToSignIn primary />
      </>
    );
  }
  return (
    <>
      <Notice tone="info">{t('links.resetText', { email: account.email })}</Notice>
      <NewPasswordForm
        email={account.email}
        submit={t('links.resetSubmit')}
        pending={use.isPending}
        error={use.error}
        onSubmit={(newPassword, onError) => use.mutate({ body: { secret, newPassword } }, { onError })}
      />
      <ToSignIn />
    </>
  );
}
