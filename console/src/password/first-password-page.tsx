import { useEffect } from 'react';
import { Button } from '@mantine/core';
import { useText } from '../messages/use-text';
import { EntryFrame } from '../session/entry-frame';
import { useSignOut } from '../session/use-session';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { PasswordForm } from './password-form';

/** A one-time password gets in once: nothing but this works until it is replaced. */
export function FirstPasswordPage({ email }: { email: string }) {
  const t = useText();
  const signOut = useSignOut();
  useEffect(() => {
    document.title = t('app.documentTitle', { title: t('password.firstTitle') });
  }, [t]);
  return (
    <EntryFrame title={t('password.firstTitle')}>
      <div className={form.stack}>
        <Notice tone="info">{t('password.firstText', { email })}</Notice>
        <PasswordForm email={email} />
        <Button variant="subtle" onClick={() => signOut.mutate()} loading={signOut.isPending}>
          {t('user.signOut')}
        </Button>
      </div>
    </EntryFrame>
  );
}
