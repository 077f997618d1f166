import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, CSRF_HEADER, type Principal, type Route } from '@muster/contracts';
import type { FastifyRequest } from 'fastify';
import { Identity, type Presented } from '../identity/identity';

/** Lets a request through only as its route's declaration says. */
@Injectable()
export class RouteGuard {
  constructor(private readonly identity: Identity) {}

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
