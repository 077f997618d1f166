import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { AppError, ReportBatch } from '@muster/contracts';
import type { FastifyRequest } from 'fastify';
import { from, type Observable, switchMap } from 'rxjs';
import { routeOf } from '../routes/handles.decorator';
import type { Allowance } from './allowance';
import type { SpoolLimit } from './spool-limit';

/** Stops a device that sends too many reports, or too many spools of them, before any of a batch is looked at. */
export class ReportLimitsInterceptor implements NestInterceptor {
  constructor(
    private readonly reports: Allowance,
    private readonly spools: SpoolLimit,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    if (routeOf(context.getHandler())?.body !== ReportBatch) return next.handle();
    const { principal, call } = context.switchToHttp().getRequest<FastifyRequest>().muster;
    if (!principal || !call) throw new Error('reports are limited once it is known whose they are');
    const batch = call.body as ReportBatch;
    const retryAfterSeconds = this.reports.take(principal.id, batch.reports.length);
    if (retryAfterSeconds > 0) {
      throw new AppError('too-many-requests', 'Too many reports in a short time. Slow down.', { retryAfterSeconds });
    }
    const spool = batch.spool.toLowerCase();
    if (this.spools.admits(principal, spool)) return next.handle();
    return from(this.spools.admit(principal, spool)).pipe(switchMap(() => next.handle()));
  }
}
