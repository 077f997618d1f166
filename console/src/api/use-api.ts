import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Route, RouteReply } from '@muster/contracts';
import type { ApiError } from './api-error';
import { api, type CallArgs } from './client';

/** Key of a cached reply: the route's path first, so that live messages and writes find all pages of a list. */
export function keyOf<C extends Route>(route: C, args: CallArgs<C>): readonly unknown[] {
  const { params, query } = args as { params?: object; query?: object };
  return [route.path, params ?? {}, query ?? {}];
}

interface ReadOptions {
  enabled?: boolean;
  /** Show the page before while the next one loads. */
  keepPrevious?: boolean;
}

/** Reads a GET route through the cache. */
export function useRead<C extends Route>(route: C, args: CallArgs<C>, options: ReadOptions = {}) {
  return useQuery<RouteReply<C>, ApiError>({
    queryKey: keyOf(route, args),
    queryFn: ({ signal }) => api.call(route, args, signal),
    enabled: options.enabled,
    placeholderData: options.keepPrevious ? keepPreviousData : undefined,
  });
}

/** Calls a route that changes something and reads the given routes anew when it succeeded. */
export function useWrite<C extends Route>(route: C, refresh: readonly Route[] = []) {
  const cache = useQueryClient();
  return useMutation<RouteReply<C>, ApiError, CallArgs<C>>({
    mutationFn: (args) => api.call(route, args),
    onSuccess: async () => {
      await Promise.all(refresh.map(({ path }) => cache.invalidateQueries({ queryKey: [path] })));
    },
  });
}
