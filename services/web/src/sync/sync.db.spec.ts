import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId } from '@muster/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperationSweeper } from '../operations/sweeper.service';
import { cancelOf, Fleet, idsOf, payloadOf, report, type TestDevice } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let procedureId: string;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('all', { WEB_SWEEP_SECONDS: '3600', WEB_LOST_SECONDS: '60' });
  fleet = new Fleet(web);
  procedureId = await fleet.procedure(app);
});
afterAll(async () => {
  await web?.stop();
});

const run = async (device: TestDevice) => (await fleet.run(app, procedureId, [device])).operationIds[0] ?? '';
const cancel = (operationId: string, as = 'owner') => ask(app, 'POST', `/api/operations/${operationId}/cancel`, { as });
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

describe('delivery', () => {
  it('gives what waits in the order of its numbers, again until the device holds it, and never once it has', async () => {
    const device = await fleet.device();
    const [first, second] = [await run(device), await run(device)];
    for (let lost = 0; lost < 3; lost += 1) {
      expect(idsOf((await fleet.sync(app, device)).operations)).toEqual([first, second]);
    }
    expect(idsOf((await fleet.sync(app, device, { holding: [first] })).operations)).toEqual([second]);
    const third = await run(device);
    expect(idsOf((await fleet.sync(app, device, { holding: [first, second] })).operations)).toEqual([third]);
    const reports = [report(first, 'started')];
    // It reports its start and does not hold it: whatever that means, it must not run twice.
    expect(idsOf((await fleet.sync(app, device, { reports, holding: [second, third] })).operations)).toEqual([]);
    expect(await fleet.historyOf(second)).toEqual(['PENDING', 'NOTIFIED']);
  });

  it('gives no more than the device takes, and says whether more waits', async () => {
    const device = await fleet.device();
    const ids = [await run(device), await run(device), await run(device)];
    const none = await fleet.sync(app, device, { capacity: 0 });
    expect([none.operations, none.more]).toEqual([[], false]);
    const two = await fleet.sync(app, device, { capacity: 2 });
    expect([idsOf(two.operations), two.more]).toEqual([ids.slice(0, 2), false]);
    const many = await fleet.device();
    for (let count = 0; count < 3; count += 1) {
      const large = await fleet.procedure(app, { script: `# ${'x'.repeat(99_000)}\n` });
      for (let runs = 0; runs < 15; runs += 1) await fleet.run(app, large, [many]);
    }
    // 45 times 100 KB are more than one reply carries.
    const part = await fleet.sync(app, many, { capacity: 100 });
    expect(part.more).toBe(true);
    expect(part.operations.length).toBeGreaterThan(30);
    const holding = idsOf(part.operations);
    const rest = await fleet.sync(app, many, { capacity: 100, holding });
    expect(rest.more).toBe(false);
    const numbers = [...part.operations, ...rest.operations].map((signed) => payloadOf(signed).sequence);
    expect(numbers).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });

  it('gives nothing of another device or organisation', async () => {
    const [device, neighbour] = [await fleet.device(), await fleet.device()];
    const stranger = await fleet.device(await fleet.organisation());
    const operation = await run(device);
    for (const other of [neighbour, stranger]) {
      const reply = await fleet.sync(app, other, { reports: [report(operation, 'completed', { exitCode: 0 })] });
      expect(reply.operations).toEqual([]);
      // Told to forget it, like anything that is not its own; the record is untouched.
      expect(reply.settled).toEqual([operation]);
    }
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'PENDING' });
  });

  it('does not give what has expired', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await web.rows(`UPDATE core.operations SET expires_at = now() - interval '1 second' WHERE id = $1`, [operation]);
    expect((await fleet.sync(app, device)).operations).toEqual([]);
  });
});

describe('reports', () => {
  it('are recorded with time and reason, once, and settled each time they come', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device);
    const started = await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    expect(started.settled).toEqual([]);
    const ended = report(operation, 'failed', { exitCode: 3, durationMs: 1234, outputTruncated: true, chunks: 17 });
    for (let times = 0; times < 3; times += 1) {
      expect((await fleet.sync(app, device, { reports: [ended] })).settled).toEqual([operation]);
    }
    await fleet.sync(app, device, { reports: [report(operation, 'started'), report(operation, 'completed')] });
    expect(await fleet.historyOf(operation)).toEqual(['PENDING', 'NOTIFIED', 'IN_PROGRESS', 'ERROR']);
    const { body } = await ask(app, 'GET', `/api/operations/${operation}`, { as: 'owner' });
    expect(body).toMatchObject({
      state: 'ERROR',
      exitCode: 3,
      durationMs: 1234,
      outputTruncated: true,
      outputPieces: 17,
      reason: 'It ended with exit code 3.',
      script: 'true',
      transitions: [
        { state: 'PENDING', reason: 'Waits for the device.' },
        { state: 'NOTIFIED', reason: 'Delivered to the device.' },
        { state: 'IN_PROGRESS', reason: 'The device started it.' },
        { state: 'ERROR', reason: 'It ended with exit code 3.' },
      ],
    });
  });

  it('of a whole life may come at once, after days without a connection', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device);
    const reports = [report(operation, 'started'), report(operation, 'completed', { exitCode: 0 })];
    await fleet.sync(app, device, { reports });
    expect(await fleet.historyOf(operation)).toEqual(['PENDING', 'NOTIFIED', 'IN_PROGRESS', 'COMPLETED']);
  });

  it('of a refusal end the operation with its reason', async () => {
    const device = await fleet.device();
    const [forged, late] = [await run(device), await run(device)];
    const reports = [
      report(forged, 'refused', { refusal: 'bad-signature' }),
      report(late, 'refused', { refusal: 'expired' }),
    ];
    await fleet.sync(app, device, { reports });
    expect(await fleet.stateOf(forged)).toMatchObject({
      state: 'ERROR',
      reason: 'The device refused it (bad-signature).',
    });
    expect(await fleet.stateOf(late)).toMatchObject({ state: 'EXPIRED', ended_by: 'device' });
  });

  it('of "not now" leave it with the device, which then runs it', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device);
    const busy = [report(operation, 'not-now', { message: 'on battery' })];
    await fleet.sync(app, device, { reports: busy, holding: [operation] });
    expect(await fleet.stateOf(operation)).toMatchObject({
      state: 'NOT_NOW',
      reason: 'The device will run it later: on battery',
    });
    await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS' });
  });
});

describe('the end by time', () => {
  it('expires what nobody came for, and keeps what was delivered for a while', async () => {
    const device = await fleet.device();
    const [delivered, waiting] = [await run(device), await run(await fleet.device())];
    await fleet.sync(app, device);
    await web.rows(
      `UPDATE core.operations SET expires_at = now(), deadline_at = now() + (deadline_at - expires_at)
        WHERE id = ANY($1)`,
      [[delivered, waiting]],
    );
    const sweeper = app.get(OperationSweeper);
    await sweeper.endOverdue(later(1));
    expect(await fleet.stateOf(waiting)).toMatchObject({ state: 'EXPIRED', ended_by: 'server' });
    expect(await fleet.stateOf(delivered)).toMatchObject({ state: 'NOTIFIED' });
    await sweeper.endOverdue(later(301));
    expect(await fleet.stateOf(delivered)).toMatchObject({ state: 'EXPIRED', ended_by: 'server' });
  });

  it('believes a device that had started in time and reports after the server gave up', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device);
    await app.get(OperationSweeper).endOverdue(later(9 * 86_400));
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'EXPIRED' });
    const started = await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    expect(started.operations).toEqual([]);
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS', ended_by: null });
    await fleet.sync(app, device, { reports: [report(operation, 'completed', { exitCode: 0 })] });
    expect(await fleet.historyOf(operation)).toEqual(['PENDING', 'NOTIFIED', 'EXPIRED', 'IN_PROGRESS', 'COMPLETED']);
  });

  it('ends a running operation only long after its time limit, without a word from the device', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    const sweeper = app.get(OperationSweeper);
    await sweeper.endOverdue(later(60 + 86_400 - 60));
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS' });
    await sweeper.endOverdue(later(60 + 86_400 + 60));
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'ERROR', ended_by: 'server' });
  });

  it('ends a running operation that the device does not know any more, after more than one sync without it', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    // Gone or not, it has been started: it must not run twice.
    expect(await fleet.sync(app, device)).toMatchObject({ operations: [], pollAfterSeconds: 60 });
    await fleet.sync(app, device);
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS' });
    const missed = `UPDATE core.operations SET missing_since = missing_since - interval '1 hour' WHERE id = $1`;
    await web.rows(missed, [operation]);
    // It was an old request: the device holds it after all.
    await fleet.sync(app, device, { holding: [operation] });
    await fleet.sync(app, device);
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'IN_PROGRESS' });
    await web.rows(missed, [operation]);
    await fleet.sync(app, device);
    expect(await fleet.stateOf(operation)).toMatchObject({
      state: 'ERROR',
      reason: 'Interrupted: the device started it and does not know it any more.',
      ended_by: 'server',
    });
  });
});

describe('cancelling', () => {
  it('ends at once what never left the server', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    expect(await cancel(operation)).toMatchObject({
      status: 200,
      body: { state: 'CANCELLED', cancelRequested: false },
    });
    const reply = await fleet.sync(app, device);
    expect([reply.operations, reply.cancels]).toEqual([[], []]);
    expect((await cancel(operation)).body).toMatchObject({ state: 'CANCELLED' });
    expect(await fleet.historyOf(operation)).toEqual(['PENDING', 'CANCELLED']);
  });

  it('gives the device a signed cancel until it says what became of a running operation', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    expect((await cancel(operation)).body).toMatchObject({ state: 'IN_PROGRESS', cancelRequested: true });
    for (let times = 0; times < 2; times += 1) {
      const [signed] = (await fleet.sync(app, device, { holding: [operation] })).cancels;
      expect(signed && cancelOf(signed)).toMatchObject({
        purpose: 'cancel',
        operationId: operation,
        deviceId: device.id,
        organisationId: device.organisationId,
      });
    }
    const told = await fleet.sync(app, device, { reports: [report(operation, 'cancelled')] });
    expect([told.settled, told.cancels]).toEqual([[operation], []]);
    expect(await fleet.stateOf(operation)).toMatchObject({
      state: 'CANCELLED',
      reason: 'Cancelled by owner@muster.localhost.',
      ended_by: 'device',
    });
  });

  it('records that an operation had finished before the cancel reached it', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    await fleet.sync(app, device, { reports: [report(operation, 'started')], holding: [operation] });
    await cancel(operation);
    await fleet.sync(app, device, { reports: [report(operation, 'completed', { exitCode: 0 })] });
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'COMPLETED', ended_by: 'device' });
  });

  it('does not deliver a cancelled operation again, and ends it when the device turns out not to have it', async () => {
    const device = await fleet.device();
    const operation = await run(device);
    // Delivered into a connection that broke: nobody knows whether it arrived.
    await fleet.sync(app, device);
    expect((await cancel(operation)).body).toMatchObject({ state: 'NOTIFIED', cancelRequested: true });
    const first = await fleet.sync(app, device);
    expect([first.operations, first.cancels.length]).toEqual([[], 1]);
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'NOTIFIED' });
    expect((await fleet.sync(app, device)).cancels).toHaveLength(1);
    await web.rows(`UPDATE core.operations SET missing_since = missing_since - interval '1 hour' WHERE id = $1`, [
      operation,
    ]);
    expect((await fleet.sync(app, device)).cancels).toEqual([]);
    expect(await fleet.stateOf(operation)).toMatchObject({ state: 'CANCELLED', ended_by: 'server' });
  });

  it('races with delivery: either the device never gets it, or it gets the cancel, too', async () => {
    for (let round = 0; round < 15; round += 1) {
      const device = await fleet.device();
      const operation = await run(device);
      const [reply, cancelled] = await Promise.all([fleet.sync(app, device), cancel(operation)]);
      expect(cancelled.status).toBe(200);
      const { state } = await fleet.stateOf(operation);
      if (reply.operations.length === 0) expect(state).toBe('CANCELLED');
      else {
        expect(state).toBe('NOTIFIED');
        const { cancels } = await fleet.sync(app, device, { holding: [operation] });
        expect(cancels.map((signed) => cancelOf(signed).operationId)).toEqual([operation]);
      }
    }
  });

  it('of a whole request takes only the states that were asked for', async () => {
    const [waits, runs, ended] = [await fleet.device(), await fleet.device(), await fleet.device()];
    const { batchId, operationIds } = await fleet.run(app, procedureId, [waits, runs, ended]);
    const [waiting = '', running = '', done = ''] = operationIds;
    await fleet.sync(app, runs, { reports: [report(running, 'started')], holding: [running] });
    await fleet.sync(app, ended, { reports: [report(done, 'completed', { exitCode: 0 })] });
    const path = `/api/operation-batches/${batchId}/cancel`;
    const some = await ask(app, 'POST', path, { as: 'owner', body: { states: ['PENDING'] } });
    expect(some.body['states']).toEqual([
      { state: 'CANCELLED', count: 1 },
      { state: 'COMPLETED', count: 1 },
      { state: 'IN_PROGRESS', count: 1 },
    ]);
    expect(await fleet.stateOf(waiting)).toMatchObject({ state: 'CANCELLED' });
    await ask(app, 'POST', path, { as: 'owner', body: {} });
    expect((await fleet.sync(app, runs, { holding: [running] })).cancels).toHaveLength(1);
    expect(await fleet.stateOf(done)).toMatchObject({ state: 'COMPLETED' });
  });
});

describe('the rest of the conversation', () => {
  const facts = {
    hostName: 'new-name',
    platform: 'linux',
    osName: 'Debian GNU/Linux 12 (bookworm)',
    osVersion: '12',
    kernel: '6.1',
    architecture: 'x64',
    disks: [],
    networks: [],
    languages: ['sh'],
    agentVersion: '1.1.0',
  };

  it('asks for facts when the agent is another one, and stores them', async () => {
    const device = await fleet.device();
    expect((await fleet.sync(app, device)).wantFacts).toBe(false);
    expect((await fleet.sync(app, device, { agentVersion: '1.1.0' })).wantFacts).toBe(true);
    expect((await fleet.sync(app, device, { agentVersion: '1.1.0', facts })).wantFacts).toBe(false);
    expect((await fleet.sync(app, device, { agentVersion: '1.1.0' })).wantFacts).toBe(false);
    const [row] = await web.rows<object>('SELECT name, os_name FROM core.devices WHERE id = $1', [device.id]);
    expect(row).toEqual({ name: 'new-name', os_name: facts.osName });
  });

  it('gives the endpoint map while the device has an older one', async () => {
    const device = await fleet.device();
    const { endpointMap } = await fleet.sync(app, device);
    const { version } = JSON.parse(endpointMap?.payload ?? '{}') as { version: number };
    expect(version).toBeGreaterThan(0);
    expect((await fleet.sync(app, device, { mapVersion: version })).endpointMap).toBeUndefined();
  });

  it('lets a device that the broker can wake poll less often', async () => {
    const device = await fleet.device();
    expect((await fleet.sync(app, device)).pollAfterSeconds).toBe(60);
    await web.rows(`UPDATE core.devices SET presence = 'online' WHERE id = $1`, [device.id]);
    expect((await fleet.sync(app, device)).pollAfterSeconds).toBe(900);
  });

  it('is refused without a certificate, with an unknown one, and to people', async () => {
    const body = { agentVersion: '1', mapVersion: 0, capacity: 0, reports: [], holding: [] };
    expect((await ask(app, 'POST', '/sync', { body })).body['code']).toBe('certificate-required');
    expect((await ask(app, 'POST', '/sync', { as: 'owner', body })).body['code']).toBe('certificate-required');
    const unknown = await fleet.device();
    await web.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [unknown.id]);
    const reply = await ask(app, 'POST', '/sync', { certificate: unknown.certificate, body });
    expect(reply.body['code']).toBe('device-revoked');
  });

  it('settles reports of operations that nobody knows, so that they are not sent for ever', async () => {
    const device = await fleet.device();
    const id = newId();
    const reply = await fleet.sync(app, device, { reports: [report(id, 'completed')] });
    expect(reply.settled).toEqual([id]);
  });
});
