import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { Bus, BUS_OPTIONS, BusModule, OwnStream } from '@muster/bus';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OfflineLimits } from '../core/offline';
import { OwnRecords } from '../records/own-records';
import { JetStreamOfflineStore } from './jetstream-offline-store';
import { offlineStoreConformance, waiting } from './testing/conformance';

const LIMITS: OfflineLimits = { accountMessages: 1000, accountBytes: 1_000_000, messages: 10_000, bytes: 4_194_304 };
const A = 'a@xmpp.test';
const later = (): Date => new Date(Date.now() + 86_400_000);

describe('offline messages in JetStream', () => {
  let nats: TestNats;
  let app: INestApplicationContext;
  let stream: OwnStream;
  let faults: string[] = [];
  const stores: JetStreamOfflineStore[] = [];

  /** As after a start of the broker: with what the stream has. */
  async function open(limits = LIMITS): Promise<JetStreamOfflineStore> {
    const failed = (error: unknown, doing: string): void => void faults.push(`${doing}: ${String(error)}`);
    const records = new OwnRecords(stream, { maxBytes: limits.bytes, maxAgeSeconds: 86_400 });
    const store = new JetStreamOfflineStore(records.of(), { limits, failed });
    stores.push(store);
    let ready = false;
    store.onReady(() => (ready = true));
    await eventually(() => ready);
    return store;
  }

  beforeAll(async () => {
    nats = await startNats({ services: ['push-broker'] });
    const options = { provide: BUS_OPTIONS, useValue: { ...nats.credentials('push-broker'), service: 'push-broker' } };
    @Module({})
    class Root {}
    class Settings {}
    const settings = { module: Settings, global: true, providers: [options], exports: [BUS_OPTIONS] };
    app = await NestFactory.createApplicationContext(
      { module: Root, imports: [settings, BusModule.forService({ service: 'push-broker' })] },
      { logger: ['error'], abortOnError: false },
    );
    await eventually(() => app.get(Bus).connected);
    stream = app.get(OwnStream);
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.stop()));
    await app?.close();
    await nats?.stop();
  });
  beforeEach(async () => {
    faults = [];
    await stream.ensure({ maxBytes: LIMITS.bytes, maxAgeSeconds: 86_400 });
    for await (const { sequence } of stream.list()) await stream.remove(sequence);
  });

  offlineStoreConformance(open, async () => undefined);

  it('survive a restart of the broker, and of NATS in the middle', async () => {
    const store = await open();
    for (let id = 1; id <= 3; id++) expect(await store.keep(A, `<message id="${id}"/>`, later())).toBe('stored');
    const [first] = await waiting(store, A);
    await store.remove(A, first?.id ?? 0);

    const reopened = await open();
    expect((await waiting(reopened, A)).map(({ xml }) => xml)).toEqual(['<message id="2"/>', '<message id="3"/>']);

    await nats.crash();
    await eventually(() => !app.get(Bus).connected);
    // What arrives now cannot be removed yet, and does not come again.
    const second = first ? first.id + 1 : 0;
    await reopened.remove(A, second);
    // Who sends now waits for NATS for a moment, and is told when that is over.
    expect(await reopened.keep(A, '<message id="4"/>', later())).toBe('refused');
    let again = 0;
    reopened.onReady(() => again++);
    await nats.start();
    await eventually(() => again > 0, { within: 20_000 });
    expect((await waiting(reopened, A)).map(({ xml }) => xml)).toEqual(['<message id="3"/>']);
    expect(await reopened.keep(A, '<message id="5"/>', later())).toBe('stored');
    await eventually(async () => {
      const left: number[] = [];
      for await (const { sequence } of stream.list()) left.push(sequence);
      return !left.includes(second) && left.length === 2;
    });
    expect(faults.join()).toContain('removing an offline message');
  });

  it('wait for NATS when it comes back at once', async () => {
    const store = await open();
    await nats.crash();
    await eventually(() => !app.get(Bus).connected);
    const kept = store.keep(A, '<message id="1"/>', later());
    await nats.start();
    expect(['stored', 'refused']).toContain(await kept);
    const expected = (await kept) === 'stored' ? 1 : 0;
    await eventually(async () => (await waiting(store, A)).length === expected);
  });

  it('are listed beyond a page, and refused when the stream is full', async () => {
    const limits = { ...LIMITS, accountMessages: 5000, accountBytes: LIMITS.bytes };
    const store = await open(limits);
    const outcomes = await Promise.all(
      Array.from({ length: 2500 }, (_, id) => store.keep(A, `<message id="${id}"/>`, later())),
    );
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(2500);
    const reopened = await open(limits);
    const found = await waiting(reopened, A);
    expect(found.map(({ xml }) => xml)).toEqual(Array.from({ length: 2500 }, (_, id) => `<message id="${id}"/>`));

    // Subjects and headers count for the stream, and not for the account: it may refuse before the account does.
    const large = `<message>${'x'.repeat(500_000)}</message>`;
    const few: string[] = [];
    for (let id = 0; id < 10; id++) few.push(await reopened.keep(`${id}@xmpp.test`, large, later()));
    expect(few.filter((outcome) => outcome === 'stored').length).toBeLessThan(9);
    expect(few.at(-1)).toBe('refused');
  });
});
