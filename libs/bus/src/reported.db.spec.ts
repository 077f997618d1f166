import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceName } from '@muster/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type BusGauge, type BusLabels, BusMetrics, NoMetrics } from './metrics';
import { ConsumesEvent, DeadLetters, type Delivery } from './index';
import { numberReported, NumbersReported } from './spec/contracts';
import { NatsProcess, passwordOf } from './spec/nats-process';
import { connected, startService, type TestService, until } from './spec/service';
import type { BusOptions } from './options';

const STREAM = 'REPORTS_rmm-logs';

class Store {
  readonly numbers: number[] = [];
  readonly batches: number[] = [];
  readonly deliveries: Delivery[] = [];
  failure: (numbers: number[]) => Error | undefined = () => undefined;

  @ConsumesEvent(numberReported, { batch: 500 })
  async store(events: NumbersReported[], deliveries: Delivery[]): Promise<void> {
    const numbers = events.flatMap((event) => event.numbers.map(Number));
    const failure = this.failure(numbers);
    if (failure) throw failure;
    this.batches.push(events.length);
    this.deliveries.push(...deliveries);
    this.numbers.push(...numbers);
  }
}

class Gauges extends NoMetrics {
  private readonly values: Array<[name: string, value: number]> = [];
  override set(gauge?: BusGauge, _labels?: BusLabels, value = 0): void {
    if (gauge) this.values.push([gauge, value]);
  }
  seen = (gauge: BusGauge): number[] => this.values.filter(([name]) => name === gauge).map(([, value]) => value);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('reported events', () => {
  let nats: NatsProcess;
  let intake: TestService;
  let running: TestService[] = [];

  beforeEach(async () => {
    nats = await NatsProcess.hub(['web', 'rmm-logs', 'plugins']);
    intake = await start();
  });
  afterEach(async () => {
    await Promise.all(running.map((service) => service.stop()));
    running = [];
    await nats.stop();
  });

  const start = async (options: Partial<BusOptions> = {}, store?: Store): Promise<TestService> => {
    const providers = store ? [{ provide: Store, useValue: store }] : [];
    const service = await startService('rmm-logs', nats, providers, options);
    running.push(service);
    await connected(service);
    return service;
  };
  const report = (number: number, pad = ''): Promise<void> =>
    intake.bus.publish(numberReported, { numbers: [String(number)], pad });
  /** A connection of a service that does not keep to the library. */
  const raw = (user: ServiceName): Promise<NatsConnection> =>
    connect({ servers: nats.url, user, pass: passwordOf(user), inboxPrefix: `_INBOX.${user}` });
  /** The stream as a service sees it. */
  const stream = async (service: 'rmm-logs' | 'plugins' = 'rmm-logs', name = STREAM) => {
    const link = await raw(service);
    try {
      return await (await jetstreamManager(link, { checkAPI: false })).streams.info(name);
    } finally {
      await link.close();
    }
  };

  it('wait in a work queue of their service, without ids, and are gone when handled', async () => {
    for (const number of upTo(20)) await report(number);
    const { config, state } = await stream();
    expect(config).toMatchObject({
      subjects: expect.arrayContaining(['number.reported.v1', 'report.samples.v1']),
      retention: 'workqueue',
      discard: 'new',
      storage: 'file',
      max_bytes: 2 ** 30,
      max_age: 8 * 86_400 * 1e9,
    });
    expect(config.duplicate_window).toBeLessThanOrEqual(1e8);
    expect(state.messages).toBe(20);
    const store = new Store();
    await start({}, store);
    await until('all', () => store.numbers.length === 20);
    expect(store.numbers).toEqual(upTo(20));
    expect(new Set(store.deliveries.map(({ messageId }) => messageId)).size).toBe(20);
    await until('an empty stream', async () => (await stream()).state.messages === 0);
  });

  it('show how far behind their consumer is', async () => {
    const gauges = new Gauges();
    for (const number of upTo(30)) {
      await report(number);
      await delay(5);
    }
    const store = new Store();
    running.push(
      await startService('rmm-logs', nats, [{ provide: Store, useValue: store }], {}, [
        { provide: BusMetrics, useValue: gauges },
      ]),
    );
    await until('all', () => store.numbers.length === 30);
    expect(Math.max(...gauges.seen('muster_bus_waiting'))).toBeGreaterThan(1);
    expect(Math.max(...gauges.seen('muster_bus_delay_seconds'))).toBeGreaterThan(0);
  });

  it('are stored as often as they are published: who consumes them tells them apart', async () => {
    await Promise.all([report(1), report(1)]);
    expect((await stream()).state.messages).toBe(2);
  });

  it('come in large batches under load', async () => {
    const store = new Store();
    await start({}, store);
    for (let burst = 0; burst < 20; burst += 1) {
      await Promise.all(upTo(100).map((number) => report(burst * 100 + number)));
    }
    await until('all', () => store.numbers.length === 2000);
    expect(store.numbers.toSorted((a, b) => a - b)).toEqual(upTo(2000));
    expect(store.batches.length).toBeLessThan(100);
    expect(Math.max(...store.batches)).toBeLessThanOrEqual(500);
  });

  it('share messages when many come at once, and the one that nobody can handle takes no other along', async () => {
    const store = new Store();
    store.failure = (numbers) => (numbers.includes(7) ? new Error('not seven') : undefined);
    await Promise.all(upTo(100).map((number) => report(number)));
    expect((await stream()).state.messages).toBeLessThan(20);
    const service = await start({ retryDelaysMs: [10, 10] }, store);
    await until('all others', () => new Set(store.numbers).size === 99);
    expect(new Set(store.numbers)).toEqual(new Set(upTo(100).filter((number) => number !== 7)));
    const web = await startService('web', nats, []);
    running.push(web);
    await connected(web);
    await until('the dead letter', async () => (await web.get(DeadLetters).list()).length === 1);
    const [letter] = await web.get(DeadLetters).list();
    expect(letter).toMatchObject({ service: 'rmm-logs', reason: 'failed', problem: 'not seven' });
    expect(JSON.parse(letter?.payload ?? '')).toMatchObject({ numbers: ['7'] });
    store.failure = () => undefined;
    await web.get(DeadLetters).replay(letter?.id ?? '');
    await until('seven', () => store.numbers.includes(7));
    expect(service.bus.connected).toBe(true);
  });

  it('that are wrong become dead letters alone', async () => {
    await report(0); // makes the stream
    const link = await raw('rmm-logs');
    link.publish(
      'number.reported.v1',
      JSON.stringify(['1', 'none', '3'].map((one) => ({ numbers: one === 'none' ? one : [one], pad: '' }))),
    );
    await link.flush();
    await link.close();
    const store = new Store();
    await start({}, store);
    await until('the others', () => store.numbers.length === 3);
    expect(store.numbers).toEqual([0, 1, 3]);
    await until('an empty stream', async () => (await stream()).state.messages === 0);
  });

  it('are refused with a time to come back when the stream is full, and taken when there is room again', async () => {
    await running.splice(0)[0]?.stop();
    intake = await start({ reportsStreamBytes: 64 * 1024 });
    const full = await until('full', async () => {
      const outcome: unknown = await report(1, 'x'.repeat(10_000)).catch((error: unknown) => error);
      return outcome;
    });
    expect(full).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 30 } });
    const { state } = await stream();
    const store = new Store();
    await start({ reportsStreamBytes: 64 * 1024 }, store);
    await until('handled', () => store.numbers.length === state.messages);
    await until('room', () =>
      report(2).then(
        () => true,
        () => false,
      ),
    );
  });

  it('are refused in the same way when the hub has no disk left for their stream; the others work', async () => {
    await running.splice(0)[0]?.stop();
    intake = await start({ reportsStreamBytes: 2 ** 50 });
    const refused: unknown = await report(1).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'unavailable' });
    await until('the other streams', () =>
      stream('rmm-logs', 'EVENTS').then(
        () => true,
        () => false,
      ),
    );
  });

  it('become a dead letter when one is poison, while the rest flows; which can be replayed', async () => {
    const web = await startService('web', nats);
    running.push(web);
    const letters = web.get(DeadLetters);
    const store = new Store();
    store.failure = (numbers) => (numbers.includes(7) ? new Error('cannot be stored') : undefined);
    for (const number of upTo(30)) await report(number);
    await start({}, store);
    const [letter] = await until('a dead letter', async () => {
      const found = await letters.list();
      return found.length > 0 && found;
    });
    expect(letter).toMatchObject({
      service: 'rmm-logs',
      subject: 'number.reported.v1',
      reason: 'failed',
      problem: 'cannot be stored',
      payload: '{"numbers":["7"],"pad":""}',
    });
    await until('the rest', () => store.numbers.length === 29);
    await until('an empty stream', async () => (await stream()).state.messages === 0);
    store.failure = () => undefined;
    await letters.replay(letter?.id ?? '');
    await until('replayed', () => store.numbers.includes(7));
  });

  it('that are no JSON at all are dead letters too', async () => {
    const web = await startService('web', nats);
    running.push(web);
    await connected(web);
    await report(1);
    const link = await raw('rmm-logs');
    await link.request('number.reported.v1', 'garbage');
    await link.close();
    const store = new Store();
    await start({}, store);
    await until('a dead letter', async () => (await web.get(DeadLetters).count()) === 1);
    expect(store.numbers).toEqual([1]);
  });

  it('survive the end of NATS', async () => {
    for (const number of upTo(5)) await report(number);
    await nats.kill();
    await expect(report(9)).rejects.toMatchObject({ code: 'unavailable' });
    await nats.start();
    await connected(intake);
    await report(5);
    const store = new Store();
    await start({}, store);
    await until('all', () => store.numbers.length === 6);
    expect(store.numbers).toEqual(upTo(6));
  });

  it('are nobody else’s: another service may neither look at the stream nor put anything onto it', async () => {
    await report(1);
    await expect(stream('plugins')).rejects.toThrow();
    const link = await raw('plugins');
    await expect(link.request('number.reported.v1', '{}', { timeout: 500 })).rejects.toThrow();
    await link.close();
    expect((await stream()).state.messages).toBe(1);
  });
});
