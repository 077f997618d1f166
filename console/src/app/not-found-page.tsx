import { IconMapQuestion } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { LinkButton } from '../ui/link-button';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Empty } from '../ui/states';

export function NotFoundPage() {
  const t = useText();
  return (
    <Page title={t('notFound.title')}>
      <Panel>
        <Empty
          icon={<IconMapQuestion />}
          title={t('notFound.text')}
          action={<LinkButton to="/">{t('app.toDashboard')}</LinkButton>}
        />
      </Panel>
    </Page>
  );
}
