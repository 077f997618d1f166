import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { turnCredentials } from '@muster/contracts';
import { Health, loadConfig, Metrics } from '@muster/service-kit/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL, SECRET } from '../conformance/engine';
import { TurnClient, UDP_TRANSPORT } from '../conformance/turn-client';
import { internalEndpoints } from '../internal-endpoints';
import { TurnServer } from '../server/turn-server';
import { METHOD } from '../stun/constants';
import { TurnConfig } from '../turn.config';
import { turnMetrics } from './turn-metrics';

describe('what the service shows of itself', () => {
  let server: TurnServer;
  let internal: Server;
  const health = new Health();
  const get = async (path: string) => {
    const answer = await fetch(`http://${LOCAL}:${(internal.address() as AddressInfo).port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };

  beforeAll(async () => {
    const environment = { TURN_SECRET: SECRET, TURN_HOST: LOCAL, TURN_PORT: '0', TURN_RELAY_ADDRESS: LOCAL };
    server = new TurnServer(loadConfig(TurnConfig, 'turn', environment).server());
    const metrics = new Metrics('turn');
    turnMetrics(metrics, server);
    health.add('turn', () => server.port > 0);
    internal = internalEndpoints(health, metrics).listen(0, LOCAL);
    await once(internal, 'listening');
  });
  afterAll(() => {
    internal.close();
    server.close();
  });

  it('ready as soon as it listens, no longer when it stops', async () => {
    expect((await get('/-/health/live')).status).toBe(200);
    expect((await get('/-/health/ready')).status).toBe(503);
    await server.open();
    expect((await get('/-/health/ready')).status).toBe(200);
    expect((await get('/')).status).toBe(404);
  });

  it('allocations, requests by result, and packets', async () => {
    const client = await TurnClient.open(server.port, turnCredentials(SECRET, 'ada', 60));
    await client.allocate();
    await client.request(METHOD.allocate, UDP_TRANSPORT);
    client.sendOnChannel(0x4001, Buffer.from('no channel'));
    await expect.poll(() => server.traffic.dropped['no-channel']).toBe(1);
    client.close();
    for (let time = 0; time < 2; time++) {
      const { text } = await get('/-/metrics');
      expect(text).toMatch(/^muster_turn_allocations\{service="turn"\} 1$/m);
      expect(text).toMatch(/^muster_turn_requests_total\{method="allocate",result="success",service="turn"\} 1$/m);
      expect(text).toMatch(/^muster_turn_requests_total\{method="allocate",result="401",service="turn"\} 1$/m);
      expect(text).toMatch(/^muster_turn_requests_total\{method="allocate",result="437",service="turn"\} 1$/m);
      expect(text).toMatch(/^muster_turn_dropped_total\{reason="no-channel",service="turn"\} 1$/m);
      expect(text).toMatch(/^muster_turn_packets_total\{to="peer",service="turn"\} 0$/m);
    }
    health.drain();
    expect((await get('/-/health/ready')).status).toBe(503);
  });
});
