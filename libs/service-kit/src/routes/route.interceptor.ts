import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { withCorrelationId } from '@muster/bus';
import {
  AppError,
  type Class,
  type CookieOptions,
  parse,
  type ParseOptions,
  type ReplyHeaders,
  type Route,
  type RouteCall,
  shape,
} from '@muster/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, map, type Observable } from 'rxjs';
import { routeOf } from './handles.decorator';
import { ListExport } from './list-export/list-export';
import { RouteGuard } from './route.guard';

/** Validates what came in, once, and gives out no more than the contract says. */
@Injectable()
export class RouteInterceptor implements NestInterceptor {
  constructor(
    private readonly exports: ListExport,
    private readonly guard: RouteGuard,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const route = routeOf(context.getHandler());
    if (!route) throw new AppError('permission-denied', 'Nobody may use this address.');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const format = this.exports.formatOf(route, request);
    const call = callOf(route, request, reply);
    request.muster.call = call;
    if (!format) return next.handle().pipe(map((result) => shaped(route, reply, result)));
    const ask = async (query: object): Promise<object> => {
      request.muster.principal = await this.guard.admit(route, request);
      request.muster.call = { ...call, query: query as never };
      const page = withCorrelationId(call.correlationId, () => lastValueFrom(next.handle()));
      return (await page) as object;
    };
    return from(this.exports.start(route, format, request, reply, ask));
  }
}

function callOf(route: Route, request: FastifyRequest, reply: FastifyReply): RouteCall<Route> {
  // People's typing errors are errors; devices may be newer than this server and are read tolerantly.
  const unknown: ParseOptions['unknown'] = route.face === 'manager' ? 'refuse' : 'drop';
  const { principal, address, correlationId } = request.muster;
  const call: Omit<RouteCall<Route>, 'principal'> = {
    params: read(route.params, request.params, { unknown, coerce: true }),
    query: read(route.query, queryOf(route, request), { unknown, coerce: true }),
    body: read(route.body, request.body, { unknown }),
    address,
    correlationId,
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    reply: new Reply(reply),
  };
  // On public routes there is no principal, and none that anybody could rely on.
  return { ...call, ...(principal ? { principal } : {}) } as RouteCall<Route>;
}

/** Without what asks for a file, which no list has a field for. */
function queryOf(route: Route, request: FastifyRequest): unknown {
  if (!route.list) return request.query;
  const { format: _format, ...query } = request.query as Record<string, unknown>;
  return query;
}

function read(type: Class | undefined, input: unknown, options: ParseOptions): object {
  if (type) return parse(type, input ?? {}, options);
  const given = typeof input === 'object' && input !== null ? Object.keys(input) : [];
  if (options.unknown === 'refuse' && given.length > 0) {
    const faults = given.slice(0, 20).map((field) => ({ field, problem: 'is not a known field' }));
    throw new AppError('invalid-input', 'The input has faults.', { faults });
  }
  return {};
}

function shaped(route: Route, reply: FastifyReply, result: unknown): unknown {
  if (route.raw) {
    void reply.type(route.raw);
    return result;
  }
  if (!route.reply) return undefined;
  if (typeof result !== 'object' || result === null) throw new Error(`${route.method} ${route.path} replied nothing`);
  return shape(route.reply, result);
}

class Reply implements ReplyHeaders {
  constructor(private readonly reply: FastifyReply) {}

  setHeader(name: string, value: string): void {
    void this.reply.header(name, value);
  }
  setCookie(name: string, value: string, options: CookieOptions): void {
    void this.reply.setCookie(name, value, options);
  }
  clearCookie(name: string, options: CookieOptions): void {
    void this.reply.clearCookie(name, options);
  }
}
