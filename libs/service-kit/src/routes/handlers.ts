import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Route, RouteCall } from '@muster/contracts';
import { routeOf } from './handles.decorator';

/** A controller's method, and the route that it says it handles. */
export interface Handler {
  /** `Controller.method`, for messages. */
  name: string;
  route?: Route;
  handle(call: RouteCall<Route>): unknown;
}

/** The methods of all controllers of this process. */
@Injectable()
export class Handlers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  all(): Handler[] {
    return this.discovery.getControllers().flatMap(({ instance, name }) => {
      const controller = instance as Record<string, Handler['handle']>;
      return this.scanner.getAllMethodNames(Object.getPrototypeOf(controller) as object).map((method) => {
        const route = routeOf(controller[method] as object);
        return {
          name: `${name}.${method}`,
          ...(route ? { route } : {}),
          handle: (call) => controller[method]?.(call),
        };
      });
    });
  }
}
