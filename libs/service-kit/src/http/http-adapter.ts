import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppError, EDGE_HEADERS } from '@muster/contracts';
import { withCorrelationId } from '@muster/bus';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BaseConfig } from '../config/base.config';
import { errorBody, toAppError } from '../errors/error-body';
import type { Log } from '../log/log';
import type { Metrics } from '../metrics/metrics';
import { sameText } from '../routes/route.guard';
import { acceptJsonOnly } from './json-body';
import './request-state';
import type { ServedPaths } from './served-paths';

/** Paths for the supervisor and Prometheus; the edge routes none of them. */
export const INTERNAL_PREFIX = '/-/';
const CORRELATION_ID = /^[\w.:-]{8,64}$/;

export interface HttpParts {
  config: BaseConfig;
  metrics: Metrics;
  log: Log;
  /** Is told what is served. */
  served: ServedPaths;
}

/** The HTTP server of a service: limits, edge authentication, correlation ids and metrics, before any route. */
export async function createHttpAdapter(parts: HttpParts): Promise<FastifyAdapter> {
  const { config, served } = parts;
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    multipart: false,
    logger: false,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 256 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => answerEarly(error, reply),
    clientErrorHandler: answerUnreadable,
  });
  const server: FastifyInstance = adapter.getInstance();
  server.decorateRequest('muster');
  server.addHook('onRoute', (options) => {
    served.add(options.url, [options.method].flat());
  });
  server.addHook('onRequest', (request, reply, done) => {
    const given = header(request, EDGE_HEADERS.correlationId);
    const correlationId = given && CORRELATION_ID.test(given) ? given : randomUUID();
    const address = header(request, EDGE_HEADERS.address) ?? request.socket.remoteAddress ?? '';
    request.muster = { correlationId, address, startedAt: performance.now() };
    void reply.header(EDGE_HEADERS.correlationId, correlationId);
    record(parts, request, reply);
    done(comesFromEdge(request, config.EDGE_SECRET) ? undefined : notFromEdge());
  });
  // Here and not before: the body is read in the socket's context.
  server.addHook('preValidation', (request, _reply, done) => withCorrelationId(request.muster.correlationId, done));
  acceptJsonOnly(server, config.BODY_LIMIT_BYTES);
  await server.register(cookie);
  await server.register(helmet, {
    contentSecurityPolicy: {
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
      useDefaults: false,
    },
  });
  return adapter;
}

/** Status in metrics and logs of requests whose client went away before the answer, as nginx counts them. */
const CLIENT_GONE = 499;

function record({ metrics, log }: HttpParts, request: FastifyRequest, reply: FastifyReply): void {
  metrics.requestBegan();
  // `close` comes for every response, also for one that nobody waits for any more.
  reply.raw.once('close', () => {
    const seconds = (performance.now() - request.muster.startedAt) / 1000;
    const status = reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE;
    const route = request.routeOptions.url ?? '(none)';
    metrics.requestEnded(request.method, route, status, seconds);
    if (!log.isLevelEnabled('debug')) return;
    const { correlationId, principal } = request.muster;
    const fields = { correlationId, method: request.method, route, status, milliseconds: Math.round(seconds * 1000) };
    log.debug(principal ? { ...fields, kind: principal.kind, principalId: principal.id } : fields, 'Answered.');
  });
}

export function header(request: { headers: FastifyRequest['headers'] }, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function comesFromEdge(request: { url?: string; headers: FastifyRequest['headers'] }, secret: string): boolean {
  if (request.url?.startsWith(INTERNAL_PREFIX)) return true;
  return sameText(header(request, EDGE_HEADERS.secret) ?? '', secret);
}

const notFromEdge = (): AppError => new AppError('request-refused', 'This service answers to the edge only.');

/** Errors of the router, before any hook: a malformed path, a parameter that is too long. */
function answerEarly(error: unknown, reply: FastifyReply): void {
  const correlationId = randomUUID();
  const mapped = toAppError(error);
  void reply
    .code(mapped.status)
    .header(EDGE_HEADERS.correlationId, correlationId)
    .type('application/json; charset=utf-8')
    .send(errorBody(mapped, correlationId));
}

/** What is not HTTP at all, or too large to be read as it. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const mapped = toAppError({ statusCode: status });
  const body = JSON.stringify(errorBody(mapped, randomUUID()));
  const reason = status === 431 ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
