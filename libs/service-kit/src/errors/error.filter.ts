import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServedPaths } from '../http/served-paths';
import { Log } from '../log/log';
import { errorBody, toAppError } from './error-body';

/** The one place where what was thrown becomes an HTTP reply: handlers', guards', Nest's and Fastify's own errors. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly served: ServedPaths,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    this.answer(thrown, request, reply);
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = request.is404 ? this.nothingThere(thrown, request, reply) : toAppError(thrown);
    const correlationId = request.muster?.correlationId ?? '';
    const fields = { correlationId, code: error.code, method: request.method, route: request.routeOptions?.url };
    if (error.code === 'internal')
      this.log.error({ ...fields, err: error.details.cause ?? error }, 'A request failed.');
    else if (error.status >= 500) this.log.warn({ ...fields, err: error }, 'A request could not be served now.');
    else this.log.debug({ ...fields, reason: error.message }, 'A request was refused.');
    if (reply.sent) return;
    if (error.details.retryAfterSeconds !== undefined)
      void reply.header('retry-after', error.details.retryAfterSeconds);
    void reply
      .code(error.status)
      .type('application/json; charset=utf-8')
      .send(errorBody(asSeen(error, reply), correlationId));
  }

  /** The router found nothing: is it the address, or only the method? */
  private nothingThere(thrown: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
    const error = toAppError(thrown);
    const methods = error.code === 'not-found' ? this.served.methodsOf(request.url) : [];
    if (methods.length === 0) return error;
    void reply.header('allow', methods.join(', '));
    return new AppError('method-not-allowed', `This address takes ${methods.join(', ')}.`, { cause: thrown });
  }
}

/** A refused body leaves the rest of it unread: the connection cannot be used again. */
function asSeen(error: AppError, reply: FastifyReply): AppError {
  if (error.code === 'too-large') void reply.header('connection', 'close');
  return error;
}
