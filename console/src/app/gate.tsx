import { lazy, Suspense } from 'react';
import { useLocation } from 'react-router';
import { LINK_PAGES } from '../email/link-pages';
import { SessionContext } from '../session/session-context';
import { useSessionQuery } from '../session/use-session';
import { Failure } from '../ui/failure';
import { LoadingScreen } from '../ui/states';
import classes from './gate.module.css';

const SignInPage = lazy(async () => ({ default: (await import('../session/sign-in-page')).SignInPage }));
const FirstPasswordPage = lazy(async () => ({
  default: (await import('../password/first-password-page')).FirstPasswordPage,
}));
const Shell = lazy(async () => ({ default: (await import('./shell')).Shell }));

/** Sign-in, then the first password where it must change, then the console: at whatever address was asked for.
 * Only where a link from a message leads, everybody sees the same. */
export function Gate() {
  const session = useSessionQuery();
  const LinkPage = LINK_PAGES[useLocation().pathname];
  if (LinkPage) {
    return (
      <Suspense fallback={<LoadingScreen />}>
        <LinkPage />
      </Suspense>
    );
  }
  if (session.isPending) return <LoadingScreen />;
  if (session.data === undefined) {
    return (
      <main className={classes.centre}>
        <Failure error={session.error} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  return (
    <Suspense fallback={<LoadingScreen />}>
      {session.data === null && <SignInPage />}
      {session.data?.mustChangePassword === true && <FirstPasswordPage email={session.data.user.email} />}
      {session.data?.mustChangePassword === false && (
        <SessionContext value={session.data}>
          <Shell />
        </SessionContext>
      )}
    </Suspense>
  );
}
