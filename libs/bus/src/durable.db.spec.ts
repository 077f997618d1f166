import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '@muster/contracts';
import { connect } from '@nats-io/transport-node';
import { ConsumesEvent, DeadLetters, type Delivery } from './index';
import { Counted, numberCounted } from './spec/contracts';
import { NatsProcess, passwordOf } from './spec/nats-process';
import { connected, startService, type TestService, until } from './spec/service';

/** Takes down what it is given; fails as it is told to. */
class Ledger {
  readonly numbers: number[] = [];
  readonly batches: number[][] = [];
  readonly attempts: number[] = [];
  held: Promise<void> = Promise.resolve();
  failure: (numbers: number[]) => Error | undefined = () => undefined;

  @ConsumesEvent(numberCounted, { batch: 10 })
  async note(payloads: Counted[], deliveries: Delivery[]): Promise<void> {
    const numbers = payloads.map(({ number }) => number);
    this.batches.push(numbers);
    this.attempts.push(...deliveries.map(({ attempt }) => attempt));
    await this.held;
    const failure = this.failure(numbers);
    if (failure) throw failure;
    this.numbers.push(...numbers);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('durable events', () => {
  let nats: NatsProcess;
  let web: TestService;
  let keyManager: TestService;
  let ledger: Ledger;
  let letters: DeadLetters;

  beforeEach(async () => {
    nats = await NatsProcess.hub(['web', 'key-manager', 'bip']);
    web = await startService('web', nats);
    letters = web.get(DeadLetters);
    await begin();
    await until('the streams', () =>
      letters.count().then(
        (count) => count === 0,
        () => false,
      ),
    );
  });
  afterEach(async () => {
    await Promise.all([web.stop(), keyManager.stop()]);
    await nats.stop();
  });

  const begin = async (failure: Ledger['failure'] = () => undefined): Promise<void> => {
    ledger = Object.assign(new Ledger(), { failure });
    keyManager = await startService('key-manager', nats, [{ provide: Ledger, useValue: ledger }]);
    await connected(keyManager);
  };
  const publish = async (...numbers: number[]): Promise<void> => {
    for (const number of numbers) await web.bus.publish(numberCounted, { number });
  };
  const noted = (count: number): Promise<boolean> => until(`${count} noted`, () => ledger.numbers.length === count);

  it('reach the consumer in order and in batches', async () => {
    await publish(...upTo(100));
    await noted(100);
    expect(ledger.numbers).toEqual(upTo(100));
    expect(Math.max(...ledger.batches.map((batch) => batch.length))).toBeLessThanOrEqual(10);
  });

  it('wait for a consumer that is down, and are then handled in full batches', async () => {
    await keyManager.stop();
    await publish(...upTo(40));
    await begin();
    await noted(40);
    expect(ledger.numbers).toEqual(upTo(40));
    expect(ledger.batches.length).toBeLessThan(10);
  });

  it('are shared among the instances of a service', async () => {
    const other = await startService('key-manager', nats, [Ledger]);
    const both = (): number[] => [...ledger.numbers, ...other.get(Ledger).numbers];
    await publish(...upTo(200));
    await until('all', () => both().length === 200);
    expect(both().toSorted((a, b) => a - b)).toEqual(upTo(200));
    await other.stop();
  });

  it('come again alone when their batch failed, and one bad one harms no other', async () => {
    await keyManager.stop();
    await publish(...upTo(6));
    await begin((numbers) => (numbers.includes(3) ? new Error('not three') : undefined));
    ledger.failure = (numbers) => (numbers.includes(3) ? new Error('not three') : undefined);
    await noted(5);
    const [letter] = await until('a dead letter', async () => {
      const found = await letters.list();
      return found.length > 0 && found;
    });
    expect(letter).toMatchObject({
      service: 'key-manager',
      subject: 'number.counted.v1',
      reason: 'failed',
      code: 'internal',
      problem: 'not three',
      deliveries: 5,
      payload: '{"number":3}',
    });
    expect(ledger.numbers.toSorted()).toEqual([0, 1, 2, 4, 5]);
    ledger.failure = () => undefined;
    await letters.replay(letter?.id ?? '');
    await until('replayed', () => ledger.numbers.includes(3));
    expect(await letters.list()).toEqual([]);
  });

  it('become dead letters at once when they are not what the contract says', async () => {
    const raw = await connect({ servers: nats.url, user: 'web', pass: passwordOf('web'), inboxPrefix: '_INBOX.web' });
    await raw.request('number.counted.v1', '{"number":"many"}');
    await raw.request('number.counted.v1', 'garbage');
    await raw.close();
    const found = await until('dead letters', async () => {
      const list = await letters.list();
      return list.length === 2 && list;
    });
    expect(found.map(({ reason, code, deliveries }) => ({ reason, code, deliveries }))).toEqual([
      { reason: 'invalid', code: 'invalid-input', deliveries: 1 },
      { reason: 'invalid', code: 'invalid-input', deliveries: 1 },
    ]);
    expect(found.map(({ payload }) => payload)).toEqual(['{"number":"many"}', 'garbage']);
    expect(ledger.batches).toEqual([]);
    expect(await letters.count()).toBe(2);
    expect(await letters.list({ size: 1 })).toEqual([found[0]]);
    expect(await letters.list({ after: found[0]?.id })).toEqual([found[1]]);
    for (const { id } of found) await letters.discard(id);
    expect(await letters.list()).toEqual([]);
    await expect(letters.discard(found[0]?.id ?? '')).rejects.toMatchObject({ code: 'not-found' });
    await expect(letters.replay('none')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('go to the service that could not handle them and to no other when they are replayed', async () => {
    const bip = await startService('bip', nats, [Ledger]);
    const others = bip.get(Ledger);
    await connected(bip);
    others.failure = () => new AppError('conflict', 'bip will not');
    await publish(77);
    const [letter] = await until('a dead letter', async () => {
      const found = await letters.list();
      return found.length === 1 && found;
    });
    expect(letter).toMatchObject({ service: 'bip', code: 'conflict' });
    await noted(1);
    others.failure = () => undefined;
    await letters.replay(letter?.id ?? '');
    await until('replayed', () => others.numbers.includes(77));
    expect(ledger.numbers).toEqual([77]);
    await bip.stop();
  });

  it('wait in place while what the handler needs is away', async () => {
    let left = 2;
    ledger.failure = () => (left-- > 0 ? new AppError('unavailable', 'no database') : undefined);
    await publish(1, 2);
    await noted(2);
    expect(ledger.numbers).toEqual([1, 2]);
    expect(new Set(ledger.attempts)).toEqual(new Set([1]));
    expect(await letters.list()).toEqual([]);
  });

  it('are stored once when they are published twice under one id', async () => {
    const ids = { messageId: 'the-same' };
    await web.bus.publish(numberCounted, { number: 1 }, ids);
    await web.bus.publish(numberCounted, { number: 1 }, ids);
    await publish(2);
    await until('both', () => ledger.numbers.includes(2));
    expect(ledger.numbers).toEqual([1, 2]);
  });

  it('are finished, and not repeated, when a service shuts down in the middle of them', async () => {
    let release = (): void => undefined;
    ledger.held = new Promise((resolve) => (release = resolve));
    await publish(1);
    await until('in hand', () => ledger.batches.length === 1);
    await publish(2);
    const stopped = keyManager.stop();
    release();
    await stopped;
    expect(ledger.numbers).toEqual([1]);
    await begin();
    await noted(1);
    expect(ledger.numbers).toEqual([2]);
  });
});
