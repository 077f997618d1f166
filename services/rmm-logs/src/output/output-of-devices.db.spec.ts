import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Output } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, RmmLogsUnderTest, type TestDevice } from '../testing/rmm-logs-under-test';
import { OutputStore } from './output-store';

let suite: RmmLogsUnderTest;
let app: NestFastifyApplication;
beforeAll(async () => {
  suite = await RmmLogsUnderTest.start();
  app = await suite.startService({ OUTPUT_BYTES_PER_DEVICE_AND_DAY: '1000' });
});
afterAll(() => suite?.stop());

const store = (device: TestDevice, operationId: string, sizes: number[], from = 0): Promise<void> =>
  app.get(OutputStore).store([
    {
      organisationId: device.organisationId,
      deviceId: device.id,
      spool: operationId,
      operationId,
      receivedAt: new Date().toISOString(),
      chunks: sizes.map((size, index) => ({ number: from + index, stream: 'stdout' as const, text: 'x'.repeat(size) })),
    },
  ]);
const output = async (device: TestDevice, operation: string): Promise<[sizes: number[], truncated: boolean]> => {
  const reply = await ask(app, 'GET', `/rmm/devices/${device.id}/operations/${operation}/output`, { as: 'owner' });
  expect(reply.status).toBe(200);
  const { pieces, truncated } = reply.body as unknown as Output;
  return [pieces.map(({ text }) => text.length), truncated];
};

it('keeps of a device and day no more than is allowed, over all its operations, until the next day', async () => {
  const [device, other] = [suite.device(), suite.device()];
  const [first, second, third, fourth] = [newId(), newId(), newId(), newId()];
  await store(device, first, [600]);
  await store(device, first, [600]);
  await store(device, second, [300, 200, 1]);
  await store(device, second, [1], 3);
  await store(device, third, [50]);
  await store(other, third, [900]);
  expect(await output(device, first)).toEqual([[600], false]);
  expect(await output(device, second)).toEqual([[300], true]);
  expect(await output(device, third)).toEqual([[], true]);
  expect(await output(other, third)).toEqual([[900], false]);
  const body = { chunks: [{ number: 0, stream: 'stdout', text: 'x' }] };
  expect((await ask(app, 'POST', `/operations/${fourth}/output`, { device, body })).status).toBe(202);
  await suite.rows('UPDATE rmm_logs.output_days SET day = day - 1 WHERE device_id = $1', [device.id]);
  const next = newId();
  await store(device, next, [700]);
  expect(await output(device, next)).toEqual([[700], false]);
  expect(await suite.count('output_days', device)).toBe(1);
});

it('shows what a device printed under the one that it became, and nobody else', async () => {
  const [first, second, third, stranger] = [suite.device(), suite.device(), suite.device(), suite.device()];
  const operation = newId();
  await store(first, operation, [7]);
  await store(stranger, operation, [9]);
  expect(await output(third, operation)).toEqual([[], false]);
  await suite.answerSame(first, second);
  await suite.answerSame(second, third);
  await eventually(async () => (await output(third, operation))[0].length === 1);
  expect(await output(third, operation)).toEqual([[7], false]);
  expect(await output(first, operation)).toEqual([[7], false]);
  expect(await output(stranger, operation)).toEqual([[9], false]);
});

it('goes on from what an earlier version cut, which knows one name of it only', async () => {
  const device = suite.device();
  const operation = newId();
  await store(device, operation, [10, 20, 30]);
  await suite.rows('UPDATE rmm_logs.outputs SET cut_at = 2, bytes = 30 WHERE operation_id = $1', [operation]);
  await suite.rows('DELETE FROM rmm_logs.output_pieces WHERE operation_id = $1 AND number >= 2', [operation]);
  await store(device, operation, [40], 3);
  expect(await output(device, operation)).toEqual([[10, 20], true]);
  const [row] = await suite.rows('SELECT bytes, cut_at, cut_from FROM rmm_logs.outputs WHERE operation_id = $1', [
    operation,
  ]);
  expect(row).toEqual({ bytes: '30', cut_at: 2, cut_from: 2 });
});
