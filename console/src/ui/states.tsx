import type { ReactNode } from 'react';
import { Loader, Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Failure } from './failure';
import classes from './states.module.css';

/** Grey lines in place of text that is on its way. */
export function LoadingLines({ lines = 4 }: { lines?: number }) {
  const t = useText();
  return (
    <div className={classes.loading} role="status">
      <span className="visually-hidden">{t('app.loading')}</span>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} height={14} width={`${92 - ((index * 17) % 40)}%`} />
      ))}
    </div>
  );
}

/** The whole area waits: a screen's code or the session is on its way. */
export function LoadingScreen() {
  const t = useText();
  return (
    <div className={classes.screen} role="status">
      <Loader size="sm" aria-hidden />
      <span className="visually-hidden">{t('app.loading')}</span>
    </div>
  );
}

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing to show, why, and what to do about it. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={classes.empty}>
      {icon && (
        <div className={classes.emptyIcon} aria-hidden>
          {icon}
        </div>
      )}
      <p className={classes.emptyTitle}>{title}</p>
      {children && <div className={classes.emptyText}>{children}</div>}
      {action && <div className={classes.emptyAction}>{action}</div>}
    </div>
  );
}

/** Shows a reply once it is there; until then that it loads, or why it does not come. */
export function Loaded<T>({
  query,
  lines,
  children,
}: {
  query: UseQueryResult<T, ApiError>;
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <LoadingLines lines={lines} />;
}
