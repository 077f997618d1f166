import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drain } from '../shutdown';
import { KeyManagerFixture } from '../testing/key-manager.fixture';
import { HOME } from '../testing/notes.module';
import { type Answer, RunningService } from '../testing/running-service';

let nats: TestNats;
let service: RunningService;
let keyManager: KeyManagerFixture | undefined;

beforeAll(async () => {
  nats = await startNats();
  service = await RunningService.start(nats.credentials('bip'));
});
afterAll(async () => {
  if (service) await drain(service.app);
  await keyManager?.stop();
  await nats?.stop();
});

const ready = (): Promise<Answer> => service.call({ path: '/-/health/ready', edge: false });
const read = (): Promise<Answer> => service.call({ path: `/notes/${HOME}`, session: 'reader' });

it('is not ready while it cannot know who was revoked', async () => {
  await eventually(async () => (await ready()).text.includes('"bus":true'));
  expect(await ready()).toMatchObject({ status: 503, json: { checks: { bus: true, revocations: false } } });
  expect(await read()).toMatchObject({ status: 503, json: { code: 'unavailable' } });
});

it('asks until the key manager is there, without a heartbeat, and serves from the moment that it is ready', async () => {
  keyManager = await KeyManagerFixture.start(nats);
  keyManager.admit('reader', { permissions: ['devices.read'] });
  await eventually(async () => (await ready()).status === 200);
  expect(await read()).toMatchObject({ status: 200 });
});

it('stays ready when the key manager goes away', async () => {
  await keyManager?.stop();
  keyManager = undefined;
  expect(await ready()).toMatchObject({ status: 200, json: { checks: { revocations: true } } });
  expect(await read()).toMatchObject({ status: 200 });
});
