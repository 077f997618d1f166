import type { EndpointFunction, Route } from '@muster/contracts';
import type { Identity } from '../identity/identity';
import type { TrustStore } from '../trust/trust-store';
import type { Dialler } from './dialler';
import { HttpClient } from './http-client';

export interface FunctionServerParts {
  dialler: Dialler;
  trust: TrustStore;
  identity: Identity;
}

/**
 * The server of one function under the current endpoint map and certificate; a new one of either opens new connections.
 * A connection is kept for half a minute after its last use, so that what belongs together shares one. Regular reports are
 * further apart and open a new one each time: an idle connection of a minute is often cut silently on its way, which then
 * costs a time-out to notice, and would cost the server memory for every device of the fleet all the time.
 */
export class FunctionServer {
  private client?: HttpClient;
  private madeFor?: string;

  /** @param route a route's path that the endpoint of this function may already name */
  constructor(
    private readonly parts: FunctionServerParts,
    private readonly name: EndpointFunction,
    private readonly route = '',
  ) {}

  /** Whether the endpoint map names a server for it: an older one may not. */
  get served(): boolean {
    return this.parts.trust.endpoints(this.name).length > 0;
  }

  /** @throws as `HttpClient.call` does */
  call<P extends object, B extends object, R extends object>(
    route: Route<P, object, B, R>,
    input: { params?: Record<string, string>; body?: B } = {},
  ): Promise<R> {
    return this.current().call(route, input);
  }

  close(): void {
    this.client?.close();
  }

  private current(): HttpClient {
    const { dialler, trust, identity } = this.parts;
    const { credential } = identity;
    const version = `${trust.map?.version} ${credential?.cert}`;
    if (!this.client || version !== this.madeFor) {
      this.client?.close();
      const endpoints = trust.endpoints(this.name);
      this.client = new HttpClient(dialler, endpoints, credential, pathPrefix(endpoints[0]?.path, this.route));
      this.madeFor = version;
    }
    return this.client;
  }
}

/** What stands before a route's own path: an endpoint's path may or may not name the route. */
export const pathPrefix = (path = '', route = ''): string =>
  (path.endsWith(route) ? path.slice(0, path.length - route.length) : path).replace(/\/+$/, '');
