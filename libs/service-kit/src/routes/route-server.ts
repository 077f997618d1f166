import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type Route, shape } from '@muster/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import '../http/request-state';
import { BeforeCall, providersOf } from './call-steps';
import { type Handler, Handlers } from './handlers';
import { statusOf } from './handles.decorator';
import { ListExport } from './list-export/list-export';
import { routeCall } from './route-call';
import { RouteGuard } from './route.guard';

/**
 * Serves what controllers handle, as the contracts say: lets in whom the route lets in, validates what came, calls the
 * handler, and gives out no more than the reply's class has. Nest makes the controllers; the way of a request through them
 * is this one function, not Nest's chain of proxies, which cost a third of a small request (ADR 16).
 */
@Injectable()
export class RouteServer {
  constructor(
    private readonly handlers: Handlers,
    private readonly guard: RouteGuard,
    private readonly exports: ListExport,
    private readonly discovery: DiscoveryService,
  ) {}

  /** Adds all routes to the server, which must not listen yet. */
  serve(server: FastifyInstance): void {
    const steps = providersOf(this.discovery, BeforeCall);
    for (const handler of this.handlers.all()) {
      const { route } = handler;
      if (!route) continue;
      server.route({
        method: route.method,
        url: route.path,
        ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
        // What tells browsers to be careful says nothing to an agent, and costs as much as its certificate.
        ...(route.access.kind === 'device' ? { helmet: false } : {}),
        config: { contract: route },
        handler: (request, reply) => this.answer(route, handler, steps, request, reply),
      });
    }
  }

  private async answer(
    route: Route,
    handler: Handler,
    steps: readonly BeforeCall[],
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> {
    const principal = await this.guard.admit(route, request);
    if (principal) request.muster.principal = principal;
    const call = routeCall(route, request, reply);
    const admitted = { route, call, url: request.url, ...(principal ? { principal } : {}) };
    for (const step of steps) {
      const done = step.before(admitted);
      if (done) await done;
    }
    void reply.code(statusOf(route));
    const format = this.exports.formatOf(route, request);
    if (!format) return shaped(route, reply, await handler.handle(call));
    return this.exports.start(admitted, format, reply, async (query) => {
      const still = await this.guard.admit(route, request);
      return (await handler.handle({ ...call, ...(still && { principal: still }), query: query as never })) as object;
    });
  }
}

function shaped(route: Route, reply: FastifyReply, result: unknown): unknown {
  if (route.raw) {
    void reply.type(route.raw);
    return result;
  }
  if (!route.reply) return reply.send();
  if (typeof result !== 'object' || result === null) throw new Error(`${route.method} ${route.path} replied nothing`);
  return shape(route.reply, result);
}
