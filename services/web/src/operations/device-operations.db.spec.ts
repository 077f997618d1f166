import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import { DEFAULT_ORGANISATION_ID, devicesNotified, devicesWoken, type WakeHint } from '@muster/contracts';
import { Database } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, report } from '../testing/fleet';
import { WebUnderTest } from '../testing/web-under-test';
import { cancelAllOfDevice, moveOperations } from './device-operations';
import { OperationSweeper } from './sweeper.service';

@Injectable()
class Broker {
  readonly hints: string[] = [];
  @ListensTo(devicesWoken)
  woken({ deviceIds }: WakeHint): void {
    this.hints.push(...deviceIds);
  }
}

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let procedureId: string;
let broker: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb('all', { WEB_SWEEP_SECONDS: '3600', WEB_WAKE_AGAIN_SECONDS: '30' });
  fleet = new Fleet(web);
  procedureId = await fleet.procedure(app);
  broker = await startDouble('push-broker', web.nats, [Broker]);
});
afterAll(async () => {
  await broker?.stop();
  await web?.stop();
});

const within = <T>(work: Parameters<Database['inOrganisation']>[1]) =>
  app.get(Database, { strict: false }).inOrganisation(DEFAULT_ORGANISATION_ID, work) as Promise<T>;

describe('when a device goes away', () => {
  it('all that it has not finished is cancelled, and nothing else', async () => {
    const [device, other] = [await fleet.device(), await fleet.device()];
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.push(...(await fleet.run(app, procedureId, [device])).operationIds);
    }
    const [done = '', running = '', waiting = ''] = ids;
    const [theirs = ''] = (await fleet.run(app, procedureId, [other])).operationIds;
    const reports = [report(done, 'completed', { exitCode: 0 }), report(running, 'started')];
    await fleet.sync(app, device, { reports, holding: [running] });
    const ended = await within<string[]>((manager) =>
      cancelAllOfDevice(manager, DEFAULT_ORGANISATION_ID, device.id, 'The device was retired by ann.'),
    );
    expect(ended.sort()).toEqual([running, waiting].sort());
    for (const id of ended) {
      expect(await fleet.stateOf(id)).toMatchObject({ state: 'CANCELLED', reason: 'The device was retired by ann.' });
    }
    expect(await fleet.stateOf(done)).toMatchObject({ state: 'COMPLETED' });
    expect(await fleet.stateOf(theirs)).toMatchObject({ state: 'PENDING' });
  });

  it('its history goes to its successor, whose own numbers may be the same', async () => {
    const [known, newcomer] = [await fleet.device(), await fleet.device()];
    const [old = ''] = (await fleet.run(app, procedureId, [known])).operationIds;
    const [pending = ''] = (await fleet.run(app, procedureId, [known])).operationIds;
    await fleet.sync(app, known, { reports: [report(old, 'completed', { exitCode: 0 })] });
    const [own = ''] = (await fleet.run(app, procedureId, [newcomer])).operationIds;
    const moved = await within<string[]>((manager) =>
      moveOperations(manager, DEFAULT_ORGANISATION_ID, known.id, newcomer.id),
    );
    expect(moved.sort()).toEqual([old, pending].sort());
    expect(await fleet.stateOf(pending)).toMatchObject({ state: 'CANCELLED' });
    expect((await fleet.sync(app, newcomer)).operations).toHaveLength(1);
    expect(await fleet.stateOf(own)).toMatchObject({ state: 'NOTIFIED' });
  });
});

describe('waking', () => {
  it('marks what the broker told devices about, not what was asked for later', async () => {
    const device = await fleet.device();
    const [operation = ''] = (await fleet.run(app, procedureId, [device])).operationIds;
    const tell = (at: Date) => broker.bus.publish(devicesNotified, { deviceIds: [device.id], at: at.toISOString() });
    await tell(new Date(Date.now() - 60_000));
    await tell(new Date());
    await eventually(async () => (await fleet.stateOf(operation)).state === 'NOTIFIED');
    expect(await fleet.historyOf(operation)).toEqual(['PENDING', 'NOTIFIED']);
    const [next = ''] = (await fleet.run(app, procedureId, [device])).operationIds;
    const [witness = ''] = (await fleet.run(app, procedureId, [await fleet.device()])).operationIds;
    await tell(new Date(Date.now() - 60_000));
    const [{ device_id: witnessDevice } = { device_id: '' }] = await web.rows<{ device_id: string }>(
      'SELECT device_id FROM core.operations WHERE id = $1',
      [witness],
    );
    await broker.bus.publish(devicesNotified, { deviceIds: [witnessDevice], at: new Date().toISOString() });
    await eventually(async () => (await fleet.stateOf(witness)).state === 'NOTIFIED');
    expect(await fleet.stateOf(next)).toMatchObject({ state: 'PENDING' });
  });

  it('repeats for connected devices that have not come, less and less often', async () => {
    const [online, offline] = [await fleet.device(), await fleet.device()];
    await web.rows(`UPDATE core.devices SET presence = 'online' WHERE id = $1`, [online.id]);
    const { operationIds } = await fleet.run(app, procedureId, [online, offline]);
    const [operation = ''] = operationIds;
    const hints = broker.get(Broker).hints;
    await eventually(() => hints.includes(offline.id));
    hints.length = 0;
    const sweeper = app.get(OperationSweeper);
    await sweeper.wakeAgain(new Date(Date.now() + 20_000));
    await sweeper.wakeAgain(new Date(Date.now() + 40_000));
    await eventually(() => hints.includes(online.id));
    expect(hints.filter((id) => id === online.id)).toHaveLength(1);
    expect(hints).not.toContain(offline.id);
    const pause = async () => {
      const [row] = await web.rows<{ seconds: number }>(
        `SELECT extract(epoch FROM hint_after - now())::float8 AS seconds FROM core.operations WHERE id = $1`,
        [operation],
      );
      return row?.seconds ?? 0;
    };
    const first = await pause();
    await sweeper.wakeAgain(new Date(Date.now() + 80_000));
    expect(await pause()).toBeGreaterThan(first + 30);
    // Once the device holds it, nobody wakes it any more.
    await fleet.sync(app, online, { holding: [operation] });
    expect(await sweeper.wakeAgain(new Date(Date.now() + 10 * 86_400_000))).toBe(0);
  });
});
