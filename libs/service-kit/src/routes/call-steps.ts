import type { DiscoveryService } from '@nestjs/core';
import type { Principal, Route, RouteCall } from '@muster/contracts';

/** A call whose route lets its caller in and whose input is in order. */
export interface Admitted {
  route: Route;
  call: RouteCall<Route>;
  /** As `call.principal`; absent on public routes. */
  principal?: Principal;
  /** Path and query as they were called. */
  url: string;
}

/** What a service does at each call before the handler. Any provider of its modules that extends this is found. */
export abstract class BeforeCall {
  /** @throws AppError to refuse the call */
  abstract before(admitted: Admitted): void | Promise<void>;
}

/** What a service does before the first byte of a list leaves as a file; when it fails, nothing leaves. */
export abstract class BeforeExport {
  abstract before(admitted: Admitted): Promise<void>;
}

/** All providers of the process that extend a class. */
export const providersOf = <T>(discovery: DiscoveryService, type: abstract new () => T): T[] =>
  discovery.getProviders().flatMap(({ instance }) => (instance instanceof type ? [instance] : []));
