import { type ReactNode, useEffect } from 'react';
import { useText } from '../messages/use-text';
import { EntryFrame } from '../session/entry-frame';
import form from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';

/** The page around what a link led to. Its way out is the sign-in page. */
export function LinkFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useText();
  useEffect(() => {
    document.title = t('app.documentTitle', { title });
  }, [t, title]);
  return (
    <EntryFrame title={title}>
      <div className={form.stack}>{children}</div>
    </EntryFrame>
  );
}

/** A whole new page, so that nothing of a session before stays. */
export function ToSignIn({ primary = false }: { primary?: boolean }) {
  const t = useText();
  return (
    <LinkButton to="/" reloadDocument variant={primary ? 'filled' : 'subtle'} fullWidth>
      {t('links.toSignIn')}
    </LinkButton>
  );
}
