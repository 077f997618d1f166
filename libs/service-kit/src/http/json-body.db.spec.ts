import { gzipSync } from 'node:zlib';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drain } from '../shutdown';
import { type Answer, RunningService } from '../testing/running-service';

let nats: TestNats;
let service: RunningService;

beforeAll(async () => {
  nats = await startNats();
  service = await RunningService.start(nats.credentials('bip'));
  await eventually(async () => (await service.call({ path: '/hello' })).status === 200);
});
afterAll(async () => {
  if (service) await drain(service.app);
  await nats?.stop();
});

const send = (body: unknown, coding = 'gzip', path = '/take'): Promise<Answer> =>
  service.call({ method: 'POST', path, body, headers: { 'content-encoding': coding } });
const zipped = (value: unknown): Buffer => gzipSync(JSON.stringify(value));

describe('a compressed body', () => {
  it('is read like a plain one, small or large', async () => {
    for (const titles of [['a'], [Array.from({ length: 25_000 }, () => Math.random().toString(36).at(5)).join('')]]) {
      expect(await send(zipped({ titles }))).toMatchObject({ status: 202, json: { taken: 1 } });
    }
    expect((await send(zipped({ titles: [] }), 'GZIP')).status).toBe(202);
    expect((await send({ titles: [] }, 'identity')).status).toBe(202);
  });

  it('is bounded by what comes out of it', async () => {
    expect(await send(gzipSync(Buffer.alloc(64 * 1024 * 1024)))).toMatchObject({
      status: 413,
      json: { code: 'too-large' },
    });
    expect(await send(zipped({ titles: ['x'.repeat(65_000), 'y'.repeat(1000)] }))).toMatchObject({ status: 413 });
  });

  it.each([
    ['is broken', Buffer.from('no gzip at all')],
    ['ends too soon', zipped({ titles: ['a'] }).subarray(0, 20)],
    ['holds no JSON', gzipSync('{"titles":')],
  ])('is invalid input when it %s', async (_what, body) => {
    expect(await send(body)).toMatchObject({ status: 400, json: { code: 'invalid-input' } });
  });

  it('is refused in other codings, and where the route does not say that it takes it', async () => {
    for (const coding of ['br', 'deflate', 'gzip, gzip', 'zstd']) {
      expect(await send(zipped({ titles: [] }), coding)).toMatchObject({
        status: 415,
        json: { code: 'unsupported-type' },
      });
    }
    expect(await send(zipped({ title: 'x' }), 'gzip', '/notes')).toMatchObject({ status: 415 });
  });
});

it('reads text that is no UTF-8 with replacement characters, plain or compressed', async () => {
  const body = Buffer.concat([Buffer.from('{"titles":["a'), Buffer.from([0xff, 0xed, 0xa0, 0x80]), Buffer.from('"]}')]);
  expect(await service.call({ method: 'POST', path: '/take', body })).toMatchObject({ status: 202 });
  expect(await send(gzipSync(body))).toMatchObject({ status: 202, json: { taken: 1 } });
});

it('answers 202 on routes that only take in, with or without a reply', async () => {
  const empty = await service.call({ method: 'PUT', path: '/take' });
  expect(empty).toMatchObject({ status: 202, text: '' });
  expect(await service.call({ method: 'POST', path: '/take', body: { titles: [] } })).toMatchObject({
    status: 202,
    json: { taken: 0 },
  });
});
