import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AppError, CSRF_HEADER, type Principal, type Route } from '@muster/contracts';
import type { FastifyRequest } from 'fastify';
import { Identity, type Presented } from '../identity/identity';
import { routeOf } from './handles.decorator';

/** Lets a request through only as its route's declaration says. What declares nothing is refused. */
@Injectable()
export class RouteGuard implements CanActivate {
  constructor(private readonly identity: Identity) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = routeOf(context.getHandler());
    if (!route) throw new AppError('permission-denied', 'Nobody may use this address.');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.muster.principal = await this.admit(route, request);
    return true;
  }

  /** Who is asking. Asked again during what takes long, since rights end. @throws AppError where nobody may */
  async admit(route: Route, request: FastifyRequest): Promise<Principal | undefined> {
    const presented: Presented = {
      headers: request.headers,
      cookies: request.cookies,
      address: request.muster.address,
    };
    if (route.access.kind === 'public') return undefined;
    if (route.access.kind === 'device') return this.identity.device(presented);
    const { principal, verified } = await this.identity.person(presented);
    if (principal.kind === 'person' && !isSafe(request.method)) requireCsrfToken(request, verified.csrfToken);
    if (verified.mustChangePassword && !route.beforePasswordChange) {
      throw new AppError('password-change-required', 'Change your password first.');
    }
    if (route.access.kind === 'permission' && !principal.permissions.includes(route.access.permission)) {
      throw new AppError('permission-denied', `You need the permission ${route.access.permission} for this.`);
    }
    return principal;
  }
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Browsers send the cookie on their own; only the console's own pages know the token (OWASP, synchroniser token). */
function requireCsrfToken(request: FastifyRequest, expected: string): void {
  const given = request.headers[CSRF_HEADER];
  if (typeof given === 'string' && expected !== '' && sameText(given, expected)) return;
  throw new AppError('csrf-refused', `Send the session's CSRF token in the header ${CSRF_HEADER}.`);
}

export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
