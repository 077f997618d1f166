import type { LinkSecret, Route, RouteReply } from '@muster/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ApiError } from '../api/api-error';
import { api, type CallArgs } from '../api/client';

/** What a link offers: asked with the secret in the body, where no log keeps it. */
export function useLink<R extends object>(route: Route<object, object, LinkSecret, R>, secret: string) {
  return useQuery<R, ApiError>({
    queryKey: [route.path, secret],
    queryFn: ({ signal }) => {
      const args = { body: { secret } } as CallArgs<typeof route>;
      return api.call(route, args, signal) as Promise<RouteReply<typeof route>>;
    },
    retry: false,
    staleTime: Infinity,
  });
}
