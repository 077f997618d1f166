import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Route, RouteReply } from '@muster/contracts';
import type { ApiError } from '../api/api-error';
import { api, type CallArgs } from '../api/client';
import { keyOf } from '../api/use-api';

const LOOK_EVERY = 5000;

/** Reads a route, and again every few seconds as long as `moves` says of its reply that it may change by itself. */
export function useLiveRead<C extends Route>(
  route: C,
  args: CallArgs<C>,
  moves: (reply: RouteReply<C>) => boolean,
  options: { keepPrevious?: boolean } = {},
) {
  return useQuery<RouteReply<C>, ApiError>({
    queryKey: keyOf(route, args),
    queryFn: ({ signal }) => api.call(route, args, signal),
    placeholderData: options.keepPrevious ? keepPreviousData : undefined,
    refetchInterval: ({ state: { data } }) => (data !== undefined && moves(data) ? LOOK_EVERY : false),
  });
}
