import { type EmailState, readEmailSettings } from '@muster/contracts';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { EmailQueuePanel } from './email-queue-panel';
import { RemoveSettings } from './remove-settings';
import { SettingsForm } from './settings-form';
import { TestPanel } from './test-panel';

/** How this server sends mail: invitations, and links for a new password. */
export function EmailSettingsPage() {
  const t = useText();
  const state = useRead(readEmailSettings, {});
  return (
    <Page title={t('email.title')} description={t('email.text')}>
      <Loaded query={state}>{(data) => <Settings state={data} />}</Loaded>
    </Page>
  );
}

function Settings({ state }: { state: EmailState }) {
  const t = useText();
  const { settings } = state;
  return (
    <div className={form.stack}>
      {!settings && (
        <Notice tone="info" title={t('email.off')}>
          {t('email.offText')}
        </Notice>
      )}
      <Panel title={t('email.server')} actions={settings && <RemoveSettings />}>
        <SettingsForm key={settings?.changedAt} settings={settings} />
      </Panel>
      {settings && <TestPanel state={state} />}
      {state.waiting + state.givenUp > 0 && <EmailQueuePanel state={state} />}
    </div>
  );
}
