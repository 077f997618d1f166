import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { UrlStack } from '../testing/url-stack';
import { natsCheck } from './link';

describe('NATS that answers and cannot work', () => {
  it('is named with its own words: its store is off, as after a full disk', async () => {
    // As nats-server answers /healthz then, which no test can bring about without filling a disk.
    const server = createServer((_request, reply) => {
      reply.statusCode = 503;
      reply.end('{"status":"unavailable","error":"JetStream not enabled"}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const stack = new UrlStack({ nats: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const [unhealthy] = await natsCheck(stack, ['nats']).run();
    server.close();
    expect(unhealthy).toMatchObject({
      code: 'nats-unhealthy',
      sentence: 'NATS (nats) is not healthy: JetStream not enabled.',
    });
  });
});
