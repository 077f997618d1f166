import 'reflect-metadata';
import type { Readable } from 'node:stream';
import { SetMetadata } from '@nestjs/common';
import type { Route, RouteCall } from '@muster/contracts';

export const ROUTE_METADATA = 'muster:route';

/** What a handler returns: its reply class; nothing for `204`; text, bytes or a stream of them where the route is `raw`. */
export type HandlerReply<R extends object> = R | (object extends R ? void | string | Uint8Array | Readable : never);

/**
 * Binds a controller method to its route: path, validation, who may call it, and the shape of the reply all come from the
 * contract (`RouteServer`). The method gets one argument, the `RouteCall`.
 */
export const Handles =
  <P extends object, Q extends object, B extends object, R extends object>(route: Route<P, Q, B, R>) =>
  <M extends (call: RouteCall<Route<P, Q, B, R>>) => Promise<HandlerReply<R>> | HandlerReply<R>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    SetMetadata(ROUTE_METADATA, route)(target, name, descriptor);
  };

/** Status of a success. */
export function statusOf(route: Pick<Route, 'accepted' | 'reply' | 'raw'>): 200 | 202 | 204 {
  if (route.accepted) return 202;
  return route.reply || route.raw ? 200 : 204;
}

/** The route of a controller method, if it handles one. */
export const routeOf = (method: object): Route | undefined =>
  Reflect.getMetadata(ROUTE_METADATA, method) as Route | undefined;
