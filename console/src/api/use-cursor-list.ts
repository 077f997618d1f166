import { type InfiniteData, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { Route, RouteReply } from '@muster/contracts';
import type { ApiError } from './api-error';
import { api, type CallArgs } from './client';

/** Pages of a list that grows while it is read, newest first: its query has `after`, its reply `next`. */
export function useCursorList<C extends Route>(
  route: C,
  query: NonNullable<CallArgs<C>['query']>,
  options: { enabled?: boolean } = {},
) {
  return useInfiniteQuery<RouteReply<C>, ApiError, InfiniteData<RouteReply<C>>, readonly unknown[], string | undefined>(
    {
      queryKey: [route.path, {}, query, 'pages'],
      queryFn: ({ pageParam, signal }) =>
        api.call(route, { query: { ...query, after: pageParam } } as unknown as CallArgs<C>, signal),
      initialPageParam: undefined,
      getNextPageParam: (last) => (last as { next?: string }).next,
      placeholderData: keepPreviousData,
      enabled: options.enabled,
    },
  );
}
