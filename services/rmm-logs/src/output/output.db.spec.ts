import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Output, OutputChunk, OutputReported } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Followers } from '../live/followers';
import { ask, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { random } from '../testing/samples';
import { OutputStore } from './output-store';

const LIMIT = 5000;

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
let device: TestDevice;
let operation: string;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ RMM_LOGS_OUTPUT_BYTES: String(LIMIT), FOLLOWERS_UNKNOWN_SECONDS: '0' });
});
afterAll(() => suite?.stop());
beforeEach(() => {
  device = suite.device();
  operation = newId();
});

const chunk = (number: number, text: string, stream: OutputChunk['stream'] = 'stdout') => ({ number, stream, text });
const append = (chunks: OutputChunk[], by = device, id = operation) =>
  ask(app, 'POST', `/operations/${id}/output`, { device: by, body: { chunks }, gzip: true });
const output = async (of = device, query = '', as = 'owner'): Promise<Output> => {
  const reply = await ask(app, 'GET', `/rmm/devices/${of.id}/operations/${operation}/output${query}`, { as });
  expect(reply.status).toBe(200);
  return reply.body as unknown as Output;
};
const numbers = (of: Output): number[] => of.pieces.map(({ number }) => number);
const store = (chunks: OutputChunk[], id = operation): Promise<void> => {
  const head = {
    organisationId: device.organisationId,
    deviceId: device.id,
    spool: id,
    receivedAt: new Date().toISOString(),
  };
  const event: OutputReported = { ...head, operationId: id, chunks };
  return app.get(OutputStore).store([event]);
};

const isFollowed = (id = operation): boolean => app.get(Followers).isOutputFollowed(device.organisationId, id);
const follow = async (id = operation, organisation = device.organisationId, seconds = 60): Promise<void> => {
  await suite.followOutput(id, organisation, seconds);
  if (organisation === device.organisationId) await eventually(() => isFollowed(id));
};
const told = (id = operation): number[] =>
  suite.web.told
    .filter(({ message }) => message.id === id)
    .flatMap(({ message }) => message.pieces ?? [])
    .map(({ number }) => number);
/** What was sent before this has arrived once a piece of an operation that is followed has. */
const settled = async (): Promise<void> => {
  const marker = newId();
  await follow(marker);
  await store([chunk(0, 'marker')], marker);
  await eventually(() => told(marker).length === 1);
};

describe('output', () => {
  it('is told to consoles from the moment that somebody follows it, and no longer than they do', async () => {
    await store([chunk(0, 'before')]);
    await follow(operation, newId());
    await store([chunk(1, 'another organisation follows')]);
    await settled();
    expect(told()).toEqual([]);
    await follow(operation, device.organisationId, 3);
    await store([chunk(2, 'seen')]);
    await eventually(() => told().length === 1);
    await eventually(() => !isFollowed());
    await store([chunk(3, 'after')]);
    await settled();
    expect(told()).toEqual([2]);
    expect(numbers(await output())).toEqual([0, 1, 2, 3]);
  });

  it('is told of every operation while it is not known yet who follows', async () => {
    const fresh = await suite.startService();
    const head = { organisationId: device.organisationId, deviceId: device.id, spool: operation };
    const event = {
      ...head,
      operationId: operation,
      receivedAt: new Date().toISOString(),
      chunks: [chunk(0, 'early')],
    };
    await fresh.get(OutputStore).store([event]);
    await eventually(() => told().length === 1);
    await suite.stopService(fresh);
  });

  it('is stored once by number, whatever is sent again and in whatever order, and told to consoles once', async () => {
    await follow();
    expect((await append([chunk(1, 'b', 'stderr'), chunk(0, 'a')])).status).toBe(202);
    await Promise.all([append([chunk(1, 'b', 'stderr'), chunk(2, 'c')]), append([chunk(2, 'c'), chunk(3, 'd')])]);
    await eventually(async () => (await output()).pieces.length === 4);
    expect(await output()).toEqual({
      pieces: [chunk(0, 'a'), chunk(1, 'b', 'stderr'), chunk(2, 'c'), chunk(3, 'd')],
      more: false,
      truncated: false,
    });
    expect(numbers(await output(device, '?from=2'))).toEqual([2, 3]);
    await eventually(() => told().length === 4);
    const messages = suite.web.told.filter(({ message }) => message.id === operation);
    expect(messages.every(({ permission }) => permission === 'operations.read')).toBe(true);
    expect(told().toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('keeps to its limit, in bytes, says so, and leaves no hole', async () => {
    await follow();
    await store([chunk(0, 'ü'.repeat(2000)), chunk(1, 'x'.repeat(1500)), chunk(2, 'y')]);
    await store([chunk(3, 'z')]);
    expect(await output()).toMatchObject({ truncated: true, more: false });
    expect(numbers(await output())).toEqual([0]);
    await settled();
    expect(told()).toEqual([0]);
  });

  it('is cut at the same place in whatever order it comes', async () => {
    const next = random(61);
    for (let round = 0; round < 25; round += 1) {
      operation = newId();
      const all = Array.from({ length: 14 }, (_, number) => chunk(number, 'é'.repeat(Math.floor(next() * 500))));
      const events = all.toSorted(() => next() - 0.5);
      while (events.length > 0) await store(events.splice(0, 1 + Math.floor(next() * 4)));
      let bytes = 0;
      const fitting = all.findIndex(({ text }) => (bytes += Buffer.byteLength(text)) > LIMIT);
      const kept = fitting === -1 ? all : all.slice(0, fitting);
      expect(await output()).toEqual({ pieces: kept, more: false, truncated: fitting !== -1 });
    }
  });

  it('comes in pages that are not too large', async () => {
    const big = await suite.startService();
    const many = Array.from({ length: 620 }, (_, number) => chunk(number, `${number}\n`));
    for (let start = 0; start < many.length; start += 64) await store(many.slice(start, start + 64));
    const first = await output();
    expect([first.pieces.length, first.more]).toEqual([500, true]);
    const second = await output(device, '?from=500');
    expect([...first.pieces, ...second.pieces]).toEqual(many);
    expect(second.more).toBe(false);
    operation = newId();
    const wide = Array.from({ length: 30 }, (_, number) => chunk(number, 'w'.repeat(65_536)));
    const event = {
      organisationId: device.organisationId,
      deviceId: device.id,
      spool: operation,
      operationId: operation,
    };
    await big.get(OutputStore).store([{ ...event, receivedAt: new Date().toISOString(), chunks: wide }]);
    const page = await output();
    expect(page.more).toBe(true);
    expect(page.pieces.length).toBe(16);
    await suite.stopService(big);
  });

  it('comes in events that fit into a message of the bus, however much a request holds', async () => {
    const chunks = Array.from({ length: 22 }, (_, number) => chunk(number, '\u0800'.repeat(65_536)));
    expect((await append(chunks)).status).toBe(202);
    await eventually(async () => (await suite.count('outputs', device)) === 1);
  });
});

describe('the wall around output', () => {
  it('keeps what each device sends under that device, though another names the same operation', async () => {
    const neighbour = suite.device();
    const strangers = newId();
    suite.people.set(strangers, { role: 'owner', organisationId: strangers });
    const stranger = suite.device(strangers);
    for (const [by, text] of [
      [device, 'mine'],
      [neighbour, 'neighbour'],
      [stranger, 'stranger'],
    ] as const) {
      expect((await append([chunk(0, text)], by)).status).toBe(202);
    }
    await eventually(async () => (await suite.count('output_pieces', stranger)) === 1);
    await eventually(async () => (await output(neighbour)).pieces[0]?.text === 'neighbour');
    expect((await output()).pieces).toEqual([chunk(0, 'mine')]);
    expect((await output(stranger)).pieces).toEqual([]);
    expect((await output(device, '', strangers)).pieces).toEqual([]);
    expect((await output(stranger, '', strangers)).pieces).toEqual([chunk(0, 'stranger')]);
  });

  it('takes operations of this time only', async () => {
    const at = (time: number) => {
      const hex = time.toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-0123456789ab`;
    };
    const day = 86_400_000;
    const status = async (id: string) => (await append([chunk(0, 'x')], device, id)).status;
    expect(await status(at(Date.now() + 2 * day))).toBe(400);
    expect(await status('0192f0c1-2d3e-4a4b-8c5d-6e7f8091a2b3')).toBe(400);
    expect(await status(at(Date.now() - 130 * day))).toBe(404);
    expect(await status(at(Date.now() - 110 * day))).toBe(202);
    expect(await status(at(Date.now() + day / 2))).toBe(202);
    await eventually(async () => (await suite.count('output_pieces', device)) === 2);
  });
});
