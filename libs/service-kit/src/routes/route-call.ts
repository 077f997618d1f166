import {
  AppError,
  type Class,
  type CookieOptions,
  parse,
  type ParseOptions,
  type ReplyHeaders,
  type Route,
  type RouteCall,
} from '@muster/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '../http/request-state';

/** What a handler gets, validated once. @throws AppError `invalid-input`, InvalidInput */
export function routeCall(route: Route, request: FastifyRequest, reply: FastifyReply): RouteCall<Route> {
  // People's typing errors are errors; devices may be newer than this server and are read tolerantly.
  const unknown: ParseOptions['unknown'] = route.face === 'manager' ? 'refuse' : 'drop';
  const { principal, address, correlationId, bodyBytes = 0 } = request.muster;
  const call: Omit<RouteCall<Route>, 'principal'> = {
    params: read(route.params, request.params, { unknown, coerce: true }),
    query: read(route.query, queryOf(route, request), { unknown, coerce: true }),
    body: read(route.body, request.body, { unknown }),
    bodyBytes,
    address,
    correlationId,
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    reply: new Reply(reply),
  };
  // On public routes there is no principal, and none that anybody could rely on.
  return (principal ? Object.assign(call, { principal }) : call) as RouteCall<Route>;
}

/** Without what asks for a file, which no list has a field for. */
function queryOf(route: Route, request: FastifyRequest): unknown {
  if (!route.list) return request.query;
  const { format: _format, ...query } = request.query as Record<string, unknown>;
  return query;
}

const NOTHING: object = Object.freeze({});

function read(type: Class | undefined, input: unknown, options: ParseOptions): object {
  if (type) return parse(type, input ?? {}, options);
  if (options.unknown !== 'refuse' || typeof input !== 'object' || input === null) return NOTHING;
  const given = Object.keys(input);
  if (given.length === 0) return NOTHING;
  const faults = given.slice(0, 20).map((field) => ({ field, problem: 'is not a known field' }));
  throw new AppError('invalid-input', 'The input has faults.', { faults });
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
