import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { Contacts } from './contacts';

/** Every request that a guard let through as a device's is a contact. */
@Injectable()
export class ContactInterceptor implements NestInterceptor {
  constructor(private readonly contacts: Contacts) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const { principal, address } = context.switchToHttp().getRequest<FastifyRequest>().muster;
    if (principal?.kind === 'device') this.contacts.heardFrom(principal.organisationId, principal.id, address);
    return next.handle();
  }
}
