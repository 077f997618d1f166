import type { ReactNode } from 'react';
import type { Route } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { useMay, useSession } from '../session/session-context';
import { LinkButton } from '../ui/link-button';
import { Notice } from '../ui/notice';
import { Page } from '../ui/page';

/** Shows a screen to those whose permissions allow its first request; tells the others what is missing. */
export function Permitted({ needs, children }: { needs: Pick<Route, 'access'> | undefined; children: ReactNode }) {
  const t = useText();
  const may = useMay();
  const { user } = useSession();
  if (!needs || may(needs)) return <>{children}</>;
  const permission = needs.access.kind === 'permission' ? needs.access.permission : '';
  return (
    <Page title={t('errors.permissionDenied')}>
      <Notice
        tone="warn"
        actions={
          <LinkButton to="/" size="xs" variant="default">
            {t('app.toDashboard')}
          </LinkButton>
        }
      >
        {t('errors.screenDenied', { role: t(`roles.${user.role}`), permission })}
      </Notice>
    </Page>
  );
}
