import { createServer, type Server } from 'node:http';
import type { Health, Metrics } from '@muster/service-kit/process';

/** Health and metrics, for the supervisor and Prometheus, at the paths where every service has them. */
export function internalEndpoints(health: Health, metrics: Metrics): Server {
  const answers: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/-/health/live': async () => json(200, { live: true }),
    '/-/health/ready': async () => {
      const readiness = await health.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    },
    '/-/metrics': async () => ({ status: 200, type: metrics.registry.contentType, body: await metrics.text() }),
  };
  return createServer((request, response) => {
    const answer = request.method === 'GET' ? answers[request.url?.split('?')[0] ?? ''] : undefined;
    (answer?.() ?? Promise.resolve(json(404, { code: 'not_found' }))).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}

const json = (status: number, body: object): { status: number; type: string; body: string } => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
