import type { Class } from '../schema/registry';
import type { BusEvent } from './bus';
import type { Permission } from './permissions';
import type { Principal } from './principal';
import type { ServiceName } from './services';

/** Who may use a route. There is no default: a route without one does not compile. */
export type Access =
  | { kind: 'public'; why: string }
  | { kind: 'signed-in' }
  | { kind: 'permission'; permission: Permission }
  | { kind: 'device' };

export const publicTo = (why: string): Access => ({ kind: 'public', why });
export const signedIn: Access = { kind: 'signed-in' };
export const device: Access = { kind: 'device' };
export const may = (permission: Permission): Access => ({ kind: 'permission', permission });

/** Where a route is served: a worker process has no route of the manager's, and the other way round. */
export type Face = 'manager' | 'worker' | 'public';

export interface Route<
  P extends object = object,
  Q extends object = object,
  B extends object = object,
  R extends object = object,
> {
  service: ServiceName;
  face: Face;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for path parameters. */
  path: string;
  access: Access;
  summary: string;
  params?: Class<P>;
  query?: Class<Q>;
  body?: Class<B>;
  /** Reply class; absent means `204 No Content` (or a raw reply, see `raw`). */
  reply?: Class<R>;
  /** Media type of a reply that is not JSON; the handler returns text or bytes. */
  raw?: string;
  /** Largest accepted body in bytes, after decompression; the service's default when absent. */
  bodyLimit?: number;
  /** The body may come compressed (`Content-Encoding: gzip`). */
  gzip?: boolean;
  /** Answers `202 Accepted`: what was sent is safe, and handled later. */
  accepted?: boolean;
  /**
   * The reply is a list: the field that holds its rows. `?format=csv` and `?format=json` then give all rows that match,
   * not one page. Pages are asked for by `page`, or by `after` where the reply has `next`.
   */
  list?: string;
  /**
   * The facts that a successful call causes, which the audit log is made from. Every route by which a person changes
   * something names at least one, or says why there is none.
   */
  causes?: readonly BusEvent[] | { none: string };
  /** May be called while the person still has to change the first password. */
  beforePasswordChange?: boolean;
}

export function defineRoute<
  P extends object = object,
  Q extends object = object,
  B extends object = object,
  R extends object = object,
>(route: Route<P, Q, B, R> & { list?: string & keyof R }): Route<P, Q, B, R> {
  routes.push(route as unknown as Route);
  return route;
}

const routes: Route[] = [];
/** Every route that the imported contracts define. */
export const allRoutes = (): readonly Route[] => routes;

/** Attributes of a cookie that a handler sets (RFC 6265). */
export interface CookieOptions {
  httpOnly?: boolean;
  secure?: boolean;
  sameSite?: 'strict' | 'lax' | 'none';
  path?: string;
  /** Seconds; without it the cookie ends with the browser's session. */
  maxAge?: number;
}
/** What a handler may add to its reply beside the body. */
export interface ReplyHeaders {
  setHeader(name: string, value: string): void;
  setCookie(name: string, value: string, options: CookieOptions): void;
  clearCookie(name: string, options: CookieOptions): void;
}

/** What a handler gets. Validated; the principal is absent on public routes only. */
export interface RouteCall<C> {
  params: C extends Route<infer P, infer _Q, infer _B, infer _R> ? P : never;
  query: C extends Route<infer _P, infer Q, infer _B, infer _R> ? Q : never;
  body: C extends Route<infer _P, infer _Q, infer B, infer _R> ? B : never;
  principal: Principal;
  /** Length of the body as it came, after decompression. */
  bodyBytes: number;
  /** The client's address as the edge saw it. */
  address: string;
  correlationId: string;
  headers: Readonly<Record<string, string | undefined>>;
  reply: ReplyHeaders;
}

export type RouteReply<C> = C extends Route<infer _P, infer _Q, infer _B, infer R> ? R : never;
