import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import form from '../ui/form.module.css';
import { useNotify } from '../ui/use-notify';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { PasswordForm } from './password-form';
import { useState } from 'react';

export function PasswordPage() {
  const t = useText();
  const notify = useNotify();
  const { user } = useSession();
  const [changes, setChanges] = useState(0);
  const done = () => {
    setChanges(changes + 1);
    notify(t('password.done'));
  };
  return (
    <Page title={t('password.title')} description={t('password.text')}>
      <div className={form.narrow}>
        <Panel>
          <PasswordForm key={changes} email={user.email} onDone={done} />
        </Panel>
      </div>
    </Page>
  );
}
