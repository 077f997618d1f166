import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { Allowance } from '@muster/service-kit';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { WebConfig } from '../config';

/**
 * Limits per person and per device (DESIGN, rule 6), never per address: thousands of devices may share one. Each process
 * counts for itself.
 */
@Injectable()
export class LimitInterceptor implements NestInterceptor {
  private readonly people: Allowance;
  private readonly devices: Allowance;

  constructor(config: WebConfig) {
    this.people = new Allowance(config.PERSON_REQUESTS_PER_MINUTE);
    this.devices = new Allowance(config.DEVICE_REQUESTS_PER_MINUTE);
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>().muster;
    if (principal) {
      const retryAfterSeconds = (principal.kind === 'device' ? this.devices : this.people).take(principal.id);
      if (retryAfterSeconds > 0) {
        throw new AppError('too-many-requests', 'Too many requests in a short time. Slow down.', { retryAfterSeconds });
      }
    }
    return next.handle();
  }
}
