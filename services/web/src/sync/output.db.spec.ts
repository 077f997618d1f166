import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OutputChunk, OutputPiece } from '@muster/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleet, report, type TestDevice } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let procedureId: string;
let device: TestDevice;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('all', { WEB_OUTPUT_BYTES: '5000', WEB_OUTPUT_GRACE_SECONDS: '600' });
  fleet = new Fleet(web);
  procedureId = await fleet.procedure(app);
  device = await fleet.device();
});
afterAll(async () => {
  await web?.stop();
});

const running = async () => {
  const [operation = ''] = (await fleet.run(app, procedureId, [device])).operationIds;
  await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
  return operation;
};
const chunk = (number: number, text: string, stream: OutputChunk['stream'] = 'stdout') => ({ number, stream, text });
const append = (operation: string, chunks: OutputChunk[], by = device) =>
  ask(app, 'POST', `/operations/${operation}/output`, { certificate: by.certificate, body: { chunks } });
const output = async (operation: string, query = '') =>
  (await ask(app, 'GET', `/api/operations/${operation}/output${query}`, { as: 'reader' })).body as unknown as {
    pieces: OutputPiece[];
    more: boolean;
    truncated: boolean;
  };

it('stores each number once, whatever is sent again and in whatever order', async () => {
  const operation = await running();
  expect((await append(operation, [chunk(1, 'b', 'stderr'), chunk(0, 'a')])).status).toBe(204);
  await Promise.all([
    append(operation, [chunk(1, 'another'), chunk(2, 'c')]),
    append(operation, [chunk(2, 'c'), chunk(3, 'd')]),
  ]);
  expect(await output(operation)).toEqual({
    pieces: [chunk(0, 'a'), chunk(1, 'b', 'stderr'), chunk(2, 'c'), chunk(3, 'd')],
    more: false,
    truncated: false,
  });
  expect((await output(operation, '?from=2')).pieces.map((piece) => piece.number)).toEqual([2, 3]);
});

it('says that an operation runs when its output comes before the report', async () => {
  const [operation = ''] = (await fleet.run(app, procedureId, [device])).operationIds;
  await append(operation, [chunk(0, 'early')]);
  expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS' });
});

it('keeps to its limit, says so, and leaves no hole', async () => {
  const operation = await running();
  await append(operation, [chunk(0, 'ü'.repeat(2000)), chunk(1, 'x'.repeat(1500)), chunk(2, 'y')]);
  expect((await append(operation, [chunk(3, 'z')])).status).toBe(204);
  const { pieces, truncated } = await output(operation);
  expect([pieces.map((piece) => piece.number), truncated]).toEqual([[0], true]);
});

it('is taken from the device that runs the operation only', async () => {
  const operation = await running();
  const neighbour = await fleet.device();
  const stranger = await fleet.device(await fleet.organisation());
  for (const other of [neighbour, stranger]) {
    expect(await append(operation, [chunk(0, 'forged')], other)).toMatchObject({ status: 404 });
  }
  const asPerson = await ask(app, 'POST', `/operations/${operation}/output`, {
    as: 'owner',
    body: { chunks: [chunk(0, 'forged')] },
  });
  expect(asPerson.body['code']).toBe('certificate-required');
  expect((await output(operation)).pieces).toEqual([]);
});

it('is taken shortly after the end, and not long after', async () => {
  const operation = await running();
  await fleet.sync(app, device, { reports: [report(operation, 'completed', { exitCode: 0 })] });
  expect((await append(operation, [chunk(0, 'last words')])).status).toBe(204);
  expect(await fleet.stateOf(operation)).toMatchObject({ state: 'COMPLETED' });
  await web.rows(`UPDATE core.operations SET changed_at = now() - interval '11 minutes' WHERE id = $1`, [operation]);
  expect((await append(operation, [chunk(1, 'too late')])).body['code']).toBe('conflict');
  expect((await output(operation)).pieces).toHaveLength(1);
});

it('comes in pages', async () => {
  const operation = await running();
  for (let start = 0; start < 600; start += 60) {
    await append(
      operation,
      Array.from({ length: 60 }, (_, index) => chunk(start + index, `${start + index}\n`)),
    );
  }
  const first = await output(operation);
  expect([first.pieces.length, first.more]).toEqual([500, true]);
  const rest = await output(operation, '?from=500');
  expect([rest.pieces.length, rest.more]).toEqual([100, false]);
});
