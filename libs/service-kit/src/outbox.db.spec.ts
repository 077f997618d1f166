import { Injectable, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus, ConsumesEvent, type Delivery, HandlesRequest, withCorrelationId } from '@muster/bus';
import { DeviceRetired, deviceRetired, listRevocations, type RevocationList } from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import {
  eventually,
  type ServiceDouble,
  startDouble,
  startNats,
  startPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from './config/load-config';
import { DatabaseConfigFields, ServiceDatabaseModule } from './database';
import { createLog } from './log/log';
import { drain } from './shutdown';
import { createService } from './start-service';
import { EDGE_SECRET } from './testing/running-service';

@Injectable()
class Consumer {
  readonly seen: Array<{ deviceId: string; correlationId?: string }> = [];

  @ConsumesEvent(deviceRetired, { batch: 10 })
  async retired(events: DeviceRetired[], deliveries: Delivery[]): Promise<void> {
    for (const [index, { deviceId }] of events.entries()) {
      this.seen.push({ deviceId, correlationId: deliveries[index]?.correlationId });
    }
  }

  @HandlesRequest(listRevocations)
  async list(): Promise<RevocationList> {
    return { revocations: [], sequence: 0 };
  }
}

@Module({ imports: [ServiceDatabaseModule.forService({ schema: 'core', entities: [], migrations: [] })] })
class WebModule {}

let postgres: TestPostgres;
let nats: TestNats;
let place: TestDatabase<'core'>;
let keyManager: ServiceDouble;
const processes: NestFastifyApplication[] = [];

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  place = await postgres.createDatabase(['core']);
  keyManager = await startDouble('key-manager', nats, [Consumer]);
});
afterAll(async () => {
  for (const app of processes) await drain(app);
  await keyManager?.stop();
  await Promise.all([postgres?.stop(), nats?.stop()]);
});

async function startWeb(): Promise<NestFastifyApplication> {
  const { url, user, password } = nats.credentials('web');
  const config = loadConfig(DatabaseConfigFields, 'web', {
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    EDGE_SECRET,
    WEB_DATABASE_URL: place.urls.core.url,
    WEB_DATABASE_OWNER_URL: place.urls.core.ownerUrl,
  });
  const options = { service: 'web', module: WebModule, config: DatabaseConfigFields, faces: () => [] } as const;
  const app = await createService(options, config, createLog('web', 'info', { write: () => undefined }));
  processes.push(app);
  await eventually(() => app.get(Bus).connected);
  return app;
}

/** Commits an event as a request handler would; returns the id to look for. */
async function retire(app: NestFastifyApplication, fails = false): Promise<string> {
  const deviceId = newId();
  const event = { organisationId: newId(), deviceId, at: new Date().toISOString() };
  const done = withCorrelationId(`retiring-${deviceId}`, () =>
    app.get(Database).unscoped(async (manager) => {
      await app.get(Outbox).add(manager, deviceRetired, event);
      if (fails) throw new Error('the rule was broken');
    }),
  );
  await (fails ? expect(done).rejects.toThrow('the rule was broken') : done);
  return deviceId;
}
const seenIds = (): string[] => keyManager.get(Consumer).seen.map(({ deviceId }) => deviceId);
const ready = async (app: NestFastifyApplication): Promise<{ ready: boolean; checks: Record<string, boolean> }> =>
  (await app.inject({ url: '/-/health/ready' })).json();

it('publishes what was committed, in order, with the correlation id, and nothing else', async () => {
  const [one, other] = [await startWeb(), await startWeb()];
  const ids = [await retire(one), await retire(other), await retire(one)];
  const never = await retire(one, true);
  await eventually(() => ids.every((id) => seenIds().includes(id)), { within: 20_000 });
  expect(seenIds()).toEqual(ids);
  expect(seenIds()).not.toContain(never);
  expect(keyManager.get(Consumer).seen[0]?.correlationId).toBe(`retiring-${ids[0]}`);
});

it('keeps what is committed while NATS is away and publishes it once afterwards', async () => {
  const [app] = processes as [NestFastifyApplication];
  await nats.crash();
  await eventually(async () => (await ready(app)).checks['bus'] === false);
  const ids = [await retire(app), await retire(app)];
  await nats.start();
  await eventually(() => ids.every((id) => seenIds().includes(id)), { within: 30_000 });
  expect(seenIds().filter((id) => ids.includes(id))).toEqual(ids);
}, 60_000);

it('is not ready while PostgreSQL is away, and publishes again when it is back', async () => {
  const [app] = processes as [NestFastifyApplication];
  await postgres.crash();
  await eventually(async () => (await ready(app)).checks['database'] === false);
  await postgres.start();
  await eventually(async () => (await ready(app)).ready, { within: 20_000 });
  const id = await retire(app);
  await eventually(() => seenIds().includes(id), { within: 30_000 });
}, 60_000);

it('leaves the relaying to the other process when one stops', async () => {
  const [one, other] = processes as [NestFastifyApplication, NestFastifyApplication];
  await drain(one);
  processes.shift();
  const id = await retire(other);
  await eventually(() => seenIds().includes(id), { within: 20_000 });
});
