import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '@muster/contracts';
import { ConsumesEvent, DeadLetters, type Delivery } from './index';
import { MOST_INTERRUPTIONS } from './jetstream/event-handling';
import { Counted, numberCounted } from './spec/contracts';
import { NatsProcess } from './spec/nats-process';
import { connected, startService, type TestService, until } from './spec/service';

/** Needs something that is away until it is `back`. */
class Waiting {
  readonly numbers: number[] = [];
  readonly attempts: number[] = [];
  back = false;

  @ConsumesEvent(numberCounted, { batch: 10 })
  async note(payloads: Counted[], deliveries: Delivery[]): Promise<void> {
    this.attempts.push(...deliveries.map(({ attempt }) => attempt));
    if (!this.back) throw new AppError('unavailable', 'no database');
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
    const settings = most === undefined ? [] : [{ provide: MOST_INTERRUPTIONS, useValue: most }];
    const service = await startService('key-manager', nats, [{ provide: Waiting, useValue: waiting }], {}, settings);
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
