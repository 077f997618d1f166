import type { FastifyInstance } from 'fastify';
import type { ServiceName } from '@muster/contracts';
import type { Health } from '../health/health';
import type { Metrics } from '../metrics/metrics';
import { openApi } from '../openapi/openapi';

/** For the supervisor and Prometheus, on the service's own port. The edge routes nothing to `/-/`. */
export function addInternalEndpoints(
  server: FastifyInstance,
  parts: { service: ServiceName; health: Health; metrics: Metrics },
): void {
  server.get('/-/health/live', () => ({ live: true }));
  server.get('/-/health/ready', async (_request, reply) => {
    const readiness = await parts.health.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  server.get('/-/metrics', async (_request, reply) =>
    reply.type(parts.metrics.registry.contentType).send(await parts.metrics.text()),
  );
  server.get('/-/openapi.json', () => openApi(parts.service));
}
