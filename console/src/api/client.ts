import { CSRF_HEADER, type Route, type RouteCall, type RouteReply } from '@muster/contracts';
import { ApiError, toApiError } from './api-error';

/** What a route needs: `params` and `body` only where its contract has fields that must be there. */
export type CallArgs<C> = Needed<'params', RouteCall<C>['params']> &
  Needed<'body', RouteCall<C>['body']> & { query?: RouteCall<C>['query'] };
type Needed<K extends string, T> = object extends T ? { [P in K]?: T } : { [P in K]: T };

type LooseArgs = { params?: object; query?: object; body?: object };

/** Calls the suite's HTTP routes from the console's own origin. Identity travels in the session cookie. */
export class ApiClient {
  /** From the session's reply; proves to the server that a change was asked for by this page. */
  csrfToken = '';
  /** Called when a route answers that the session is over. */
  onSignedOut: (() => void) | undefined;

  constructor(private readonly send: typeof fetch = (input, init) => fetch(input, init)) {}

  /** @throws ApiError for every refusal and failure; aborts pass through as they are */
  async call<C extends Route>(route: C, args: CallArgs<C>, signal?: AbortSignal): Promise<RouteReply<C>> {
    const reply = await this.exchange(route, args, signal);
    const body: unknown = reply.status === 204 ? {} : await reply.json().catch(() => undefined);
    if (reply.ok && body !== undefined) return body as RouteReply<C>;
    const error = toApiError(reply.status, body, reply.headers);
    if (error.code === 'not-signed-in') this.onSignedOut?.();
    throw error;
  }

  private async exchange(route: Route, args: LooseArgs, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (args.body) headers['content-type'] = 'application/json';
    if (route.method !== 'GET' && this.csrfToken) headers[CSRF_HEADER] = this.csrfToken;
    try {
      return await this.send(addressOf(route, args), {
        method: route.method,
        headers,
        body: args.body && JSON.stringify(args.body),
        credentials: 'same-origin',
        cache: 'no-store',
        signal,
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ApiError('unreachable', '', { cause });
    }
  }
}

/** Path with its parameters filled in, and the query without fields that are absent. */
export function addressOf(route: Pick<Route, 'path'>, args: LooseArgs): string {
  const given = new Map<string, unknown>(Object.entries(args.params ?? {}));
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(String(given.get(name))));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args.query ?? {})) {
    if (value !== undefined && value !== '') query.append(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/** One page, one session, one client. */
export const api = new ApiClient();
