import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '@muster/contracts';
import { ConsumesEvent, DeadLetters, type Delivery } from './index';
import { Counted, numberCounted } from './spec/contracts';
import { NatsProcess } from './spec/nats-process';
import { connected, startService, type TestService, until } from './spec/service';

/** Needs something that is away until it is `back`. */
class Waiting {
  readonly numbers: number[] = [];
  readonly attempts: number[] = [];
  back = false;
  /** Handlings that fail by themselves once what they need is back. */
  faults = 0;

  @ConsumesEvent(numberCounted, { batch: 10 })
  async note(payloads: Counted[], deliveries: Delivery[]): Promise<void> {
    this.attempts.push(...deliveries.map(({ attempt }) => attempt));
    if (!this.back) throw new AppError('unavailable', 'no database');
    if (this.faults-- > 0) throw new Error('not yet');
    this.numbers.push(...payloads.map(({ number }) => number));
  }
}

describe('events that services give back when they stop', () => {
  let nats: NatsProcess;
  let web: TestService;
  let letters: DeadLetters;

  beforeEach(async () => {
    nats = await NatsProcess.hub(['web', 'key-manager']);
    web = await startService('web', nats);
    letters = web.get(DeadLetters);
    await connected(web);
  });
  afterEach(async () => {
    await web.stop();
    await nats.stop();
  });

  /** Runs the consumer until it has the event in hand, and stops it cleanly. @returns which delivery that was */
  const runOnce = async (most?: number): Promise<number> => {
    const waiting = new Waiting();
    const options = most === undefined ? {} : { mostInterruptions: most };
    const service = await startService('key-manager', nats, [{ provide: Waiting, useValue: waiting }], options);
    await until('in hand, or given up', async () => waiting.attempts.length > 0 || (await letters.count()) > 0);
    await service.stop();
    return waiting.attempts[0] ?? 0;
  };
  const publish = (): Promise<void> =>
    until('published', () =>
      web.bus.publish(numberCounted, { number: 7 }, { messageId: 'seven' }).then(
        () => true,
        () => false,
      ),
    ).then(() => undefined);

  it('outlive many restarts during an outage', { timeout: 60_000 }, async () => {
    await (await startService('key-manager', nats, [Waiting])).stop();
    await publish();
    const seen: number[] = [];
    for (let restart = 0; restart < 15; restart += 1) seen.push(await runOnce());
    expect(seen.at(-1)).toBeGreaterThan(10);
    expect(await letters.list()).toEqual([]);
    const waiting = Object.assign(new Waiting(), { back: true });
    const service = await startService('key-manager', nats, [{ provide: Waiting, useValue: waiting }]);
    await until('handled', () => waiting.numbers.length === 1);
    await service.stop();
    expect(waiting.numbers).toEqual([7]);
    expect(await letters.list()).toEqual([]);
  });

  /** As `runOnce`, with what it needs there; fails as often as it is told to. */
  const runBack = async (faults: number, mostInterruptions = 100) => {
    const waiting = Object.assign(new Waiting(), { back: true, faults });
    const provider = { provide: Waiting, useValue: waiting };
    return { waiting, service: await startService('key-manager', nats, [provider], { mostInterruptions }) };
  };

  it('are tried as often as others when they fail afterwards', { timeout: 60_000 }, async () => {
    await publish();
    // More deliveries than an event has tries: 4 delays are 5 tries.
    for (let restart = 0; restart < 6; restart += 1) await runOnce();
    const { waiting, service } = await runBack(4);
    await until('handled', () => waiting.numbers.length === 1);
    await service.stop();
    expect(waiting.attempts[0]).toBeGreaterThan(5);
    expect(waiting.attempts).toHaveLength(5);
    expect(await letters.list()).toEqual([]);
  });

  it('are given up when they fail as often as others', { timeout: 60_000 }, async () => {
    await publish();
    for (let restart = 0; restart < 6; restart += 1) await runOnce();
    const { waiting, service } = await runBack(1000);
    await until('given up', async () => (await letters.count()) > 0);
    await service.stop();
    expect(waiting.attempts).toHaveLength(5);
    expect(await letters.list()).toMatchObject([{ reason: 'failed', problem: 'not yet' }]);
  });

  it('are given up at the most deliveries, whichever process failed', { timeout: 60_000 }, async () => {
    await publish();
    for (let restart = 0; restart < 5; restart += 1) await runOnce(6);
    const { waiting, service } = await runBack(1000, 6);
    await until('given up', async () => (await letters.count()) > 0);
    await service.stop();
    expect(waiting.attempts).toEqual([6]);
    expect(await letters.list()).toMatchObject([{ reason: 'failed', deliveries: 6, problem: 'not yet' }]);
  });

  it('are given up after as many as were configured, and can be replayed', { timeout: 60_000 }, async () => {
    await publish();
    for (let restart = 0; restart < 9 && (await letters.count()) === 0; restart += 1) await runOnce(6);
    const [letter] = await letters.list();
    expect(letter).toMatchObject({ reason: 'interrupted', deliveries: 7, payload: '{"number":7}' });
    const waiting = Object.assign(new Waiting(), { back: true });
    const service = await startService('key-manager', nats, [{ provide: Waiting, useValue: waiting }]);
    await letters.replay(letter?.id ?? '');
    await until('replayed', () => waiting.numbers.length === 1);
    await service.stop();
  });
});
