import { Button } from '@mantine/core';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Failure } from './failure';
import classes from './pager.module.css';

interface LoadOlderProps {
  query: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    error: ApiError | null;
    fetchNextPage: () => unknown;
  };
  /** Rows that are shown. */
  count: number;
}

/** The end of a list that is read from the newest row on: how much is shown, and the way to what is older. */
export function LoadOlder({ query, count }: LoadOlderProps) {
  const t = useText();
  if (count === 0 && !query.hasNextPage) return null;
  return (
    <div className={classes.pager}>
      <p className={classes.range} role="status">
        {count === 0 ? t('table.noneYet') : t(query.hasNextPage ? 'table.newest' : 'table.allShown', { count })}
      </p>
      {query.isFetchNextPageError && query.error && <Failure error={query.error} />}
      {query.hasNextPage && (
        <Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          {t(count === 0 ? 'table.searchOlder' : 'table.older')}
        </Button>
      )}
    </div>
  );
}
