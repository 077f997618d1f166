import { Injectable } from '@nestjs/common';
import { allRoutes, type Face, type Route, type ServiceName } from '@muster/contracts';
import { Identity } from '../identity/identity';
import { Handlers } from './handlers';

/** Default deny, checked before the first request: every controller method handles a route, every route has one handler. */
@Injectable()
export class RouteAudit {
  constructor(
    private readonly handlers: Handlers,
    private readonly identity: Identity,
  ) {}

  /** @throws Error naming everything that is wrong; the process must not start then */
  check(service: ServiceName, faces: readonly Face[]): void {
    const faults: string[] = [];
    const handled = new Map<Route, string>();
    for (const { name, route } of this.handlers.all()) {
      if (!route) faults.push(`${name} does not say which route it handles`);
      else if (handled.has(route)) faults.push(`${name} and ${handled.get(route)} handle the same route`);
      else if (route.service !== service) faults.push(`${name} handles a route of ${route.service}`);
      else if (!faces.includes(route.face)) faults.push(`${name} handles a route of the ${route.face} face`);
      if (route) handled.set(route, name);
    }
    for (const route of allRoutes()) {
      if (route.service !== service || !faces.includes(route.face)) continue;
      if (!handled.has(route)) faults.push(`nothing handles ${route.method} ${route.path}`);
      if (route.access.kind === 'device' && !this.identity.knowsDevices) {
        faults.push(`${route.method} ${route.path} is for devices, and there is no DEVICE_DIRECTORY`);
      }
    }
    if (faults.length > 0) throw new Error(`The routes of ${service} are not in order:\n  ${faults.join('\n  ')}`);
  }
}
