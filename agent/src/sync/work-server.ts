import type { Route } from '@muster/contracts';
import type { Identity } from '../identity/identity';
import type { Dialler } from '../net/dialler';
import { HttpClient } from '../net/http-client';
import type { TrustStore } from '../trust/trust-store';

/** The worker face under the current endpoint map and certificate; a new one of either opens new connections. */
export class WorkServer {
  private client?: HttpClient;
  private madeFor?: string;

  constructor(
    private readonly dialler: Dialler,
    private readonly trust: TrustStore,
    private readonly identity: Identity,
  ) {}

  /** @throws as `HttpClient.call` does */
  call<P extends object, B extends object, R extends object>(
    route: Route<P, object, B, R>,
    input: { params?: Record<string, string>; body?: B },
  ): Promise<R> {
    return this.current().call(route, input);
  }

  close(): void {
    this.client?.close();
  }

  private current(): HttpClient {
    const { credential } = this.identity;
    const version = `${this.trust.map?.version} ${credential?.cert}`;
    if (!this.client || version !== this.madeFor) {
      this.client?.close();
      const endpoints = this.trust.endpoints('sync');
      this.client = new HttpClient(this.dialler, endpoints, credential, pathPrefix(endpoints[0]?.path, '/sync'));
      this.madeFor = version;
    }
    return this.client;
  }
}

/** What stands before a route's own path: an endpoint's path may or may not name the route. */
export const pathPrefix = (path = '', route: string): string =>
  (path.endsWith(route) ? path.slice(0, -route.length) : path).replace(/\/+$/, '');
